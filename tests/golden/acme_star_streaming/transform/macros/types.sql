{#- Types for which dbt has no macro that means the same on every warehouse. -#}
{% macro type_double() -%}
    {{ return(adapter.dispatch('type_double')()) }}
{%- endmacro %}

{% macro default__type_double() -%}
    double precision
{%- endmacro %}

{% macro bigquery__type_double() -%}
    float64
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

{% macro postgres__type_binary() -%}
    bytea
{%- endmacro %}

{% macro bigquery__type_binary() -%}
    bytes
{%- endmacro %}
