{#- The key of a day in dim_date, such as 20260131; -1 if dim_date does not have the day. -#}
{% macro date_key(column) -%}
    case
        when {{ column }} >= {{ day(var('calendar_start')) }} and {{ column }} < {{ day(var('calendar_end')) }}
            then cast(extract(year from {{ column }}) * 10000 + extract(month from {{ column }}) * 100
                + extract(day from {{ column }}) as {{ dbt.type_int() }})
        else -1
    end
{%- endmacro %}

{% macro day(text) -%}
    cast('{{ text }}' as date)
{%- endmacro %}

{#- The ISO 8601 day of the week: Monday is 1. -#}
{% macro iso_weekday(column) -%}
    {{ return(adapter.dispatch('iso_weekday')(column)) }}
{%- endmacro %}

{% macro default__iso_weekday(column) -%}
    extract(isodow from {{ column }})
{%- endmacro %}

{% macro snowflake__iso_weekday(column) -%}
    dayofweekiso({{ column }})
{%- endmacro %}

{% macro bigquery__iso_weekday(column) -%}
    mod(extract(dayofweek from {{ column }}) + 5, 7) + 1
{%- endmacro %}
