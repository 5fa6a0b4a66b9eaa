{#- A timestamp with time zone as a timestamp without time zone, in UTC. -#}
{% macro utc(column) -%}
    {{ return(adapter.dispatch('utc')(column)) }}
{%- endmacro %}

{% macro default__utc(column) -%}
    cast({{ column }} at time zone 'UTC' as {{ dbt.type_timestamp() }})
{%- endmacro %}
