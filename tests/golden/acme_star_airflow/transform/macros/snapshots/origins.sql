{#- A comment on each recorded table, whose rows no run can rebuild, says where its rows come from. It identifies the
    table under any name, so that its history continues when tables or sources are renamed, even if two of them swap
    names. -#}

{#- On run start: renames tables that were recorded under other names to their current names, in one transaction. -#}
{% macro follow_origins() %}
    {% set recorded, noted, moves = recorded_tables(), noted_origins(), {} %}
    {% for name, node in recorded.items() if noted.get(name) != node.config.meta.origin %}
        {% for was, origin in noted.items() if origin == node.config.meta.origin %}
            {% if was not in recorded or recorded[was].config.meta.origin != origin %}
                {% do moves.update({was: name}) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% for was, name in moves.items() if name in noted and name not in moves %}
        {% do exceptions.raise_compiler_error(
            was ~ ' in ' ~ recorded[name].schema ~ ' cannot be renamed to ' ~ name ~ ', which already exists and has '
            ~ 'rows of ' ~ (noted[name] or 'its own') ~ '. Drop or rename one of the two tables.'
        ) %}
    {% endfor %}
    {% if moves %}
        {% call statement(auto_begin=true) %}select 1{% endcall %}
        {% for was, name in moves.items() %}
            {% set between = beside(recorded[name], '_renaming_' ~ loop.index) %}
            {% do adapter.rename_relation(beside(recorded[name], was), between) %}
        {% endfor %}
        {% for name in moves.values() %}
            {% set between = beside(recorded[name], '_renaming_' ~ loop.index) %}
            {% do adapter.rename_relation(between, beside(recorded[name], name)) %}
        {% endfor %}
        {% do adapter.commit() %}
    {% endif %}
{% endmacro %}

{#- On run end: records where the rows of each of these tables come from. -#}
{% macro note_origins() %}
    {% set noted = noted_origins() %}
    {% for name, node in recorded_tables().items() if name in noted and noted[name] != node.config.meta.origin %}
        {% set origin = dbt.string_literal(node.config.meta.origin | replace("'", "''")) %}
        {% call statement(auto_begin=true) %}comment on table {{ beside(node, name) }} is {{ origin }}{% endcall %}
        {% do adapter.commit() %}
    {% endfor %}
{% endmacro %}

{#- The snapshots of this project and the models without full refresh by name; empty if dbt parses or compiles the
    hooks without a run. -#}
{% macro recorded_tables() %}
    {% set recorded, runs = {}, execute and flags.WHICH not in ('compile', 'generate') %}
    {% for node in (graph.nodes.values() if runs else []) if node.config.meta and node.config.meta.origin %}
        {% if node.resource_type == 'snapshot' or node.config.full_refresh is false %}
            {% do recorded.update({node.name: node}) %}
        {% endif %}
    {% endfor %}
    {{ return(recorded) }}
{% endmacro %}

{#- The comments on all tables in the schema of these tables; empty for a table without a comment. -#}
{% macro noted_origins() %}
    {% set noted = {} %}
    {% for node in (recorded_tables().values() | list)[:1] %}
        {% for row in run_query(adapter.dispatch('comments_in')(node.schema)) %}
            {% do noted.update({row[0]: row[1]}) %}
        {% endfor %}
    {% endfor %}
    {{ return(noted) }}
{% endmacro %}

{#- On a warehouse whose comments cannot be read, none is written: only `renamed_from` renames snapshots. -#}
{% macro default__comments_in(schema) %}
    select table_name, '' from information_schema.tables where 1 = 0
{% endmacro %}

{% macro duckdb__comments_in(schema) %}
    select table_name, coalesce(comment, '') from duckdb_tables()
    where database_name = current_database() and schema_name = '{{ schema }}'
{% endmacro %}

{% macro postgres__comments_in(schema) %}
    select tables.relname, coalesce(obj_description(tables.oid, 'pg_class'), '')
    from pg_class as tables
    inner join pg_namespace as schemas on tables.relnamespace = schemas.oid
    where tables.relkind = 'r' and schemas.nspname = '{{ schema }}'
{% endmacro %}

{#- A table in the node's schema, or the node itself. -#}
{% macro beside(node, name) %}
    {{ return(api.Relation.create(node.database, node.schema, name, type='table')) }}
{% endmacro %}
