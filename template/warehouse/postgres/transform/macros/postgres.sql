{#- Macros whose SQL differs on PostgreSQL. -#}
{% macro postgres__type_binary() -%}
    bytea
{%- endmacro %}
