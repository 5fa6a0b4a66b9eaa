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

{#- Every day of the calendar. The days are counted with crossed digits, which need neither recursion nor a query while
    dbt compiles; there are enough digits for all years from the first to the last day. -#}
{% macro calendar_days() -%}
    {%- set years = (var('calendar_end') | string)[:4] | int - (var('calendar_start') | string)[:4] | int + 1 -%}
    {%- set places = range((366 * years) | string | length) -%}
    with

    digits as (

        {%- for digit in range(10) %}
        select {{ digit }} as digit{{ ' union all' if not loop.last }}
        {%- endfor %}

    ),

    dates as (

        select
            cast({{ dbt.dateadd('day', places_of_digits(places), day(var('calendar_start'))) }} as date) as date_day

        from digits as digits_0
        {%- for place in places if place %}
        cross join digits as digits_{{ place }}
        {%- endfor %}

    )

    select date_day
    from dates
    where date_day < {{ day(var('calendar_end')) }}
{%- endmacro %}

{#- The number that one digit for each place makes. -#}
{% macro places_of_digits(places) -%}
    ({%- for place in places -%}
        {{ 10 ** place }} * digits_{{ place }}.digit{{ ' + ' if not loop.last }}
    {%- endfor -%})
{%- endmacro %}

{#- A part of a date, such as its year, as an integer. -#}
{% macro date_number(part, column) -%}
    cast(extract({{ part }} from {{ column }}) as {{ dbt.type_int() }})
{%- endmacro %}

{#- The first day of the month, quarter or year. -#}
{% macro first_day(part, column) -%}
    cast({{ dbt.date_trunc(part, column) }} as date)
{%- endmacro %}

{#- The day of the year, 1 to 366. -#}
{% macro day_of_year(column) -%}
    cast({{ dbt.datediff(first_day('year', column), column, 'day') }} + 1 as {{ dbt.type_int() }})
{%- endmacro %}

{#- The ISO 8601 day of the week: Monday is 1. -#}
{% macro iso_weekday(column) -%}
    {{ return(adapter.dispatch('iso_weekday')(column)) }}
{%- endmacro %}

{% macro default__iso_weekday(column) -%}
    extract(isodow from {{ column }})
{%- endmacro %}

{#- English names, because those of a warehouse depend on its settings. -#}
{% macro month_name(column, length=none) -%}
    {{ name_at(column, [
        'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November',
        'December'
    ], length) }}
{%- endmacro %}

{% macro day_name(column) -%}
    {{ name_at(column, ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']) }}
{%- endmacro %}

{#- The name at the position that a column holds, counted from 1; with `length`, its first letters. -#}
{% macro name_at(column, names, length=none) -%}
    case {{ column }}
        {%- for name in names %}
            when {{ loop.index }} then '{{ name[:length] if length else name }}'
        {%- endfor %}
        end
{%- endmacro %}

{#- A year with a part of it, such as 2026-01 or 2026-Q1. -#}
{% macro year_and(column, prefix='', digits=1) -%}
    {{ dbt.concat([
        'cast(year_number as ' ~ dbt.type_string() ~ ')',
        "'-" ~ prefix ~ "'",
        'lpad(cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ '), ' ~ digits ~ ", '0')",
    ]) }}
{%- endmacro %}
