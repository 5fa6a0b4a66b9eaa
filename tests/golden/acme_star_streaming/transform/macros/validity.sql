{#- The start of a member's first version, so that facts older than the first snapshot match it. -#}
{% macro beginning_of_time() -%}
    cast('1900-01-01' as {{ dbt.type_timestamp() }})
{%- endmacro %}

{% macro end_of_time() -%}
    cast('9999-12-31' as {{ dbt.type_timestamp() }})
{%- endmacro %}

{#- A time in every member's current version: that of an event without a time. -#}
{% macro latest_time() -%}
    cast('9999-12-30' as {{ dbt.type_timestamp() }})
{%- endmacro %}

{#- The latest of several times, some of which may be null. -#}
{% macro newest(columns) -%}
    {%- set times = [] -%}
    {%- for column in columns -%}
        {%- do times.append("coalesce(cast(" ~ column ~ " as " ~ dbt.type_timestamp() ~ "), " ~ beginning_of_time() ~ ")") -%}
    {%- endfor -%}
    {{ times[0] if times | length == 1 else "greatest(" ~ times | join(", ") ~ ")" }}
{%- endmacro %}
