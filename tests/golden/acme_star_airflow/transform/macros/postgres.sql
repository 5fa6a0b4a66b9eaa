{#- Macros whose SQL differs on PostgreSQL. -#}
{% macro postgres__type_binary() -%}
    bytea
{%- endmacro %}

{% macro postgres__index_fact(relation, key) %}
    {% do run_query(get_create_index_sql(relation, {'columns': key})) %}
{% endmacro %}

{#- The local warehouse has no roles, and needs no indexes. -#}
{% macro duckdb__apply_grants(relation, grant_config, should_revoke=true) %}
{% endmacro %}

{% macro duckdb__create_indexes(relation) %}
{% endmacro %}
