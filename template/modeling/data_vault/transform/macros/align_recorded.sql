{#- Gives a table of the vault the columns and types of the staging model that it records, before it is read: a satellite
    compares its rows with those in staging, and a wider value must not be cut to a narrower column. `other_names` are
    columns that have another name in the vault. -#}
{% macro align_recorded(staged, other_names={}) %}
    {% if execute and flags.INTROSPECT is not false and load_relation(this) %}
        {% set recorded = recorded_columns() %}
        {% for column in adapter.get_columns_in_relation(staged) %}
            {% set name = other_names.get(column.name | lower, column.name | lower) %}
            {% set known = recorded.get(name) %}
            {% if name in model.columns and not known %}
                {% do run_alone('alter table ' ~ this ~ ' add column ' ~ quoted(name) ~ ' ' ~ column.data_type) %}
            {% elif name in model.columns and known.data_type != column.data_type %}
                {% do drop_views_of_this() %}
                {% do change_recorded_type(known, column) %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{#- PostgreSQL changes no column that a view reads. The views are recreated in the same run. -#}
{% macro drop_views_of_this() %}
    {% for node in graph.nodes.values() if node.config.materialized == 'view' and model.unique_id in node.depends_on.nodes %}
        {% set view = adapter.get_relation(node.database, node.schema, node.alias) %}
        {% if view %}
            {% do adapter.drop_relation(view) %}
            {% do adapter.commit() %}
        {% endif %}
    {% endfor %}
{% endmacro %}
