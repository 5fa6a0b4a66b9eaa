{#- The quoted name of a column. Warehouses store names without quotes in their own case. -#}
{% macro quoted(name) -%}
    {{ return(adapter.dispatch('quoted')(name)) }}
{%- endmacro %}

{% macro default__quoted(name) -%}
    {{ return(adapter.quote(name)) }}
{%- endmacro %}
