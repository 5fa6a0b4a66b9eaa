{#- What PostgreSQL calls otherwise. -#}
{% macro postgres__type_binary() -%}
    bytea
{%- endmacro %}
