{#- The table of the schema `changes` that belongs to a fact or dimension. -#}
{% macro changes_of(relation) %}
    {{ return(api.Relation.create(relation.database, sandbox_prefix() ~ 'changes', relation.identifier, type='table')) }}
{% endmacro %}

{#- On run start: creates the schema `changes`. -#}
{% macro create_changes() %}
    {% set schema = sandbox_prefix() ~ 'changes' %}
    {% if execute and flags.WHICH not in ('compile', 'generate') and not adapter.check_schema_exists(target.database, schema) %}
        {% do adapter.create_schema(api.Relation.create(target.database, schema)) %}
    {% endif %}
{% endmacro %}

{#- On run end: drops the tables of facts and dimensions that no longer exist, or are no longer incremental. -#}
{% macro drop_stale_changes() %}
    {% if execute and flags.WHICH not in ('compile', 'generate') %}
        {% set kept = [] %}
        {% for node in graph.nodes.values() %}
            {% if node.config.materialized == 'incremental_fact' or records_changes(node) %}
                {% do kept.append(node.alias) %}
            {% endif %}
        {% endfor %}
        {% set schema = sandbox_prefix() ~ 'changes' %}
        {% for row in run_query("select table_name from information_schema.tables where table_schema = '" ~ schema ~ "'") if row[0] not in kept %}
            {% call statement(auto_begin=true) %}drop table if exists {{ api.Relation.create(target.database, schema, row[0]) }}{% endcall %}
            {% do adapter.commit() %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{% macro records_changes(node) %}
    {{ return('record_changed_members' in node.config.get('post-hook', []) | string) }}
{% endmacro %}

{#-
    After a dimension was built: records the members whose rows are not as they were before, in `changes.<dimension>`.
    Incremental facts find members by columns of `key`; `version` has the columns that decide which row of a member they
    refer to, its surrogate key first. An event before `changed_from` refers to the same row as before.

    If the former rows are unknown, the build counts as one that replaces all members, and the facts are rebuilt.
-#}
{% macro record_changed_members(key, version) %}
    {% if execute %}
        {% set log, former = changes_of(this), load_cached_relation(make_backup_relation(this, 'table')) %}
        {% set keys, columns = key | join(', '), (key + version) | unique | list %}
        {% set known = types_of(former, columns) == types_of(this, columns) and types_of(log, key) == types_of(this, key) %}
        {% if not known %}
            {% do run_query('drop table if exists ' ~ log) %}
            {% do run_query(
                'create table ' ~ log ~ ' as select ' ~ keys ~ ', ' ~ beginning_of_time() ~ ' as changed_from, '
                ~ dbt.cast("''", dbt.type_string()) ~ ' as changed_in, true as replaces from ' ~ this ~ ' where 1 = 0'
            ) %}
        {% endif %}
        {% set changes = members_that_differ(former, key, version) if known else 'select true as replaces' %}
        {% set recorded = (keys ~ ', changed_from, ' if known else '') ~ 'replaces' %}
        {% do run_query(
            'insert into ' ~ log ~ ' (changed_in, ' ~ recorded ~ ") select '" ~ invocation_id ~ "', " ~ recorded
            ~ ' from (' ~ changes ~ ') as changes'
        ) %}
    {% endif %}
{% endmacro %}

{#- A row that is only in one of the two builds differs from its start on; a row that ends at another time, from then on. -#}
{% macro members_that_differ(former, key, version) %}
    {% set keys, columns = key | join(', '), (key + version) | unique | join(', ') %}
    select {{ keys }}, min(changed_from) as changed_from, false as replaces
    from (
        select
            {{ keys }},
            {% if 'valid_from' in version %}
            case
                when count(*) = 2 and min(valid_from) = max(valid_from) then min(valid_to)
                else min(valid_from)
            end as changed_from
            {% else %}
            cast(null as {{ dbt.type_timestamp() }}) as changed_from
            {% endif %}
        from (
            select {{ columns }} from (
                select {{ columns }}, 1 as difference from {{ this }}
                union all
                select {{ columns }}, -1 as difference from {{ former }}
            ) as both_builds
            group by {{ columns }}
            having sum(difference) <> 0
        ) as different
        group by {{ keys }}, {{ version[0] }}
    ) as changed
    group by {{ keys }}
{% endmacro %}

{#- The types of these columns of a table; empty if the table does not exist. -#}
{% macro types_of(relation, names) %}
    {% set types = {} %}
    {% if relation and load_relation(relation) %}
        {% for column in adapter.get_columns_in_relation(relation) if column.name | lower in names %}
            {% do types.update({column.name | lower: column.data_type}) %}
        {% endfor %}
    {% endif %}
    {{ return(types) }}
{% endmacro %}

{% macro same_values(one, other, columns) %}
    {% set conditions = [] %}
    {% for column in columns %}
        {% do conditions.append(one ~ '.' ~ column ~ ' = ' ~ other ~ '.' ~ column) %}
    {% endfor %}
    {{ return(conditions | join(' and ')) }}
{% endmacro %}
