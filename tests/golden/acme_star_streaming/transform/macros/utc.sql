{#- A moment as a timestamp without a time zone, in UTC. -#}
{% macro utc(column) -%}
    {{ return(adapter.dispatch('utc')(column)) }}
{%- endmacro %}

{% macro default__utc(column) -%}
    cast({{ column }} at time zone 'UTC' as {{ dbt.type_timestamp() }})
{%- endmacro %}

{% macro snowflake__utc(column) -%}
    cast(convert_timezone('UTC', {{ column }}) as timestamp_ntz)
{%- endmacro %}

{% macro bigquery__utc(column) -%}
    cast({{ column }} as timestamp)
{%- endmacro %}
