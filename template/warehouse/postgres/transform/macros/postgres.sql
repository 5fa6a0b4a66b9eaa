{#- Macros whose SQL differs on PostgreSQL. -#}
{% macro postgres__type_binary() -%}
    bytea
{%- endmacro %}

{% macro postgres__index_fact(relation, key) %}
    {% do run_query(get_create_index_sql(relation, {'columns': key})) %}
{% endmacro %}
