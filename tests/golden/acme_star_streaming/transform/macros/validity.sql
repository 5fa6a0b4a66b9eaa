{#- From when the first version of a member holds: facts older than the first recording find it. -#}
{% macro beginning_of_time() -%}
    cast('1900-01-01' as {{ dbt.type_timestamp() }})
{%- endmacro %}

{% macro end_of_time() -%}
    cast('9999-12-31' as {{ dbt.type_timestamp() }})
{%- endmacro %}
