{#- Creates the schemas of all models, before tasks that run at the same time would each create the same schema, which
    PostgreSQL refuses. -#}
{% macro create_schemas() %}
    {% set schemas = [] %}
    {% for node in graph.nodes.values() if node.resource_type in ('model', 'seed', 'snapshot') %}
        {% do schemas.append((node.database, node.schema)) %}
    {% endfor %}
    {% for database, schema in schemas | unique %}
        {% do adapter.create_schema(api.Relation.create(database=database, schema=schema)) %}
    {% endfor %}
{% endmacro %}
