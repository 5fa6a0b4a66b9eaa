{#-
    A fact that recomputes only the rows whose inputs have changed since it was last built: rows that a load has written,
    rows whose header a load has written, and rows that refer to a changed member of a dimension.

    So each row may depend only on its own row, its headers, and the members it refers to. If you add an aggregate or a
    window function, set `materialized: table`.

    The fact is rebuilt when that is not enough: with `--full-refresh`, after one of its tables was replaced or renamed,
    after its SQL or columns have changed, in a sandbox, and always if it has an input that `meta` does not name.
    `changes.<fact>` lists the changes that the fact contains. It is written in the transaction that writes the rows.
-#}
{% materialization incremental_fact, default %}
    {% set existing, target = load_cached_relation(this), this.incorporate(type='table') %}
    {% set rebuilt, former = make_intermediate_relation(target), make_backup_relation(target, 'table') %}
    {% do drop_relation_if_exists(load_cached_relation(rebuilt)) %}
    {% do drop_relation_if_exists(load_cached_relation(former)) %}

    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {% call statement(auto_begin=true) %}select 1{% endcall %}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}

    {#- Listed before the rows are read: changes that arrive meanwhile are listed, and read again, in the next run. -#}
    {% set inputs, seen = inputs_of_fact(), changes_of(this) %}
    {% set changes = unseen_changes(inputs, seen) %}
    {% if changes is none or not existing.is_table or should_full_refresh() %}
        {% do run_query('delete from ' ~ seen) %}
        {% do run_query('insert into ' ~ seen ~ ' select input, batch from (' ~ all_changes(inputs) ~ ') as changes') %}
        {% call statement('main') %}{{ get_create_table_as_sql(false, rebuilt, sql) }}{% endcall %}
        {% do adapter.dispatch('index_fact')(rebuilt, config.get('unique_key')) %}
        {% do create_indexes(rebuilt) %}
        {% if existing %}
            {% do adapter.rename_relation(existing, former.incorporate(type=existing.type)) %}
        {% endif %}
        {% do adapter.rename_relation(rebuilt, target) %}
    {% elif not changes %}
        {% call noop_statement('main', 'NO CHANGES') %}{% endcall %}
    {% else %}
        {% do note_as_seen(changes, seen) %}
        {% set recomputed, columns = make_temp_relation(target), adapter.get_columns_in_relation(existing) %}
        {% do run_query(get_create_table_as_sql(true, recomputed, only_changed(sql, inputs, changes))) %}
        {% call statement('main') %}
            {{ get_delete_insert_merge_sql(target, recomputed, config.get('unique_key'), columns, none) }}
        {% endcall %}
        {% do run_query('drop table ' ~ recomputed) %}
    {% endif %}

    {#- Also what the table was granted in earlier runs, since it may be the same table. -#}
    {% do apply_grants(target, config.get('grants'), should_revoke(existing, full_refresh_mode=false)) %}
    {% do persist_docs(target, model) %}
    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {% do adapter.commit() %}
    {% do drop_relation_if_exists(load_cached_relation(former)) %}
    {{ run_hooks(post_hooks, inside_transaction=false) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
