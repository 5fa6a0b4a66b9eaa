{#- Types for which dbt has no cross-database macro. -#}
{% macro type_double() -%}
    {{ return(adapter.dispatch('type_double')()) }}
{%- endmacro %}

{% macro default__type_double() -%}
    double precision
{%- endmacro %}

{% macro type_binary() -%}
    {{ return(adapter.dispatch('type_binary')()) }}
{%- endmacro %}

{% macro default__type_binary() -%}
    binary
{%- endmacro %}

{% macro duckdb__type_binary() -%}
    blob
{%- endmacro %}
