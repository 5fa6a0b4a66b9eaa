{#- The rows of a fact's own table; all of them if the fact is rebuilt. -#}
{% macro changed_rows(relation) -%}
    {{ relation }} as changed_rows
{%- endmacro %}

{#- The SQL of the fact, restricted to the rows that these changes affect. -#}
{% macro only_changed(sql, inputs, changes) %}
    {% set rows, key, affected = ref(config.get('meta').rows_of), config.get('unique_key'), [] %}
    {% set loads = quoted_list(changes.get(config.get('meta').rows_of, [])) %}
    {% for input in inputs if input.name in changes %}
        {% for columns in input.found_by %}
            {% do affected.append(rows_that_refer_to(input, columns, changes[input.name])) %}
        {% endfor %}
    {% endfor %}
    {% set selected %}(
        select * from {{ rows }} where _dlt_load_id in ({{ loads }})
        {% if affected %}
        union all
        select unloaded.* from {{ rows }} as unloaded
        inner join (
            select distinct {{ key | join(', ') }} from ({{ affected | join(' union all ') }}) as affected_rows
        ) as affected on {{ same_values('unloaded', 'affected', key) }}
        where unloaded._dlt_load_id is null or unloaded._dlt_load_id not in ({{ loads }})
        {% endif %}
    ) as changed_rows{% endset %}
    {{ return(sql | replace(changed_rows(rows), selected)) }}
{% endmacro %}

{#-
    The keys of the rows in the fact that refer by these columns to what some batches have changed. A change of a member
    affects only events from a time on, and rows without an event time, which refer to the current version.
-#}
{% macro rows_that_refer_to(input, columns, batches) %}
    {% set theirs, event_time = columns.values() | join(', '), config.get('meta').event_time %}
    {% set bounded = event_time and not input.is_staged %}
    {% set same = [] %}
    {% for column in columns %}
        {% do same.append('fact.' ~ column ~ ' = changed.' ~ columns[column]) %}
    {% endfor %}
    select fact.{{ config.get('unique_key') | join(', fact.') }} from {{ this }} as fact
    inner join (
        select {{ theirs }}{{ ', min(changed_from) as changed_from' if bounded }} from {{ input.changed }}
        where {{ input.batch }} in ({{ quoted_list(batches) }})
        group by {{ theirs }}
    ) as changed on {{ same | join(' and ') }}
    {% if bounded %}
    where changed.changed_from is null or fact.{{ event_time }} is null or fact.{{ event_time }} >= changed.changed_from
    {% endif %}
{% endmacro %}

{#-
    What the rows of the fact are computed from. The `log` of an input lists its changes as batches; a batch that
    `replaces` the input cannot be followed. `changed` has the changed rows of the input, `batch` is the column that says
    which batch changed them last, and `found_by` pairs columns of the fact with columns of these rows.
-#}
{% macro inputs_of_fact() %}
    {% set meta, inputs = config.get('meta'), [] %}
    {% set definition = [sql, config.get('unique_key'), meta, types_in_contract()] %}
    {% for id in model.depends_on.nodes %}
        {% set node = graph.nodes.get(id, {}) %}
        {% set sources = node.get('depends_on', {}).get('nodes', []) | select('in', graph.sources) | list %}
        {% set input = {'name': node.get('name', id), 'found_by': meta.refers_to.get(node.name, [])} %}
        {% if not input.found_by and node.name != meta.rows_of %}
            {% do input.update({'log': unknown_changes()}) %}
        {% elif sources and sources == node.depends_on.nodes %}
            {% set view = ref(node.name) %}
            {% do input.update({'log': log_of_loads(sources), 'changed': view, 'batch': '_dlt_load_id', 'is_staged': true}) %}
            {% do definition.append(definition_of_view(view)) %}
        {% else %}
            {% set members = changes_of(ref(node.name)) %}
            {% do input.update({'log': log_of_members(node, members), 'changed': members, 'batch': 'changed_in'}) %}
        {% endif %}
        {% do inputs.append(input) %}
    {% endfor %}
    {% set version = invocation_id if sandbox_prefix() else local_md5(definition | string) %}
    {% do inputs.append({'name': this.identifier, 'log': "select '" ~ version ~ "' as batch, true as replaces"}) %}
    {{ return(inputs) }}
{% endmacro %}

{#- The loads of the raw table that a staging model reads. -#}
{% macro log_of_loads(sources) %}
    {% set source = graph.sources[sources[0]] %}
    {% set log = load_relation(api.Relation.create(source.database, source.schema, '_dlt_table_loads')) %}
    {{ return(
        'select distinct load_id as batch, replaced as replaces from ' ~ log
        ~ ' where table_name = ' ~ dbt.string_literal(source.identifier) if log and sources | length == 1 else unknown_changes()
    ) }}
{% endmacro %}

{#- The builds of a dimension that changed members. -#}
{% macro log_of_members(node, log) %}
    {% set known = records_changes(node) and load_relation(log) %}
    {{ return('select distinct changed_in as batch, replaces from ' ~ log if known else unknown_changes()) }}
{% endmacro %}

{#- The log of an input whose changes are not recorded: everything may have changed in every run. -#}
{% macro unknown_changes() %}
    {{ return("select '" ~ invocation_id ~ "' as batch, true as replaces") }}
{% endmacro %}

{% macro all_changes(inputs) %}
    {% set logs = [] %}
    {% for input in inputs %}
        {% do logs.append("select '" ~ input.name ~ "' as input, batch, replaces from (" ~ input.log ~ ') as log') %}
    {% endfor %}
    {{ return(logs | join(' union all ')) }}
{% endmacro %}

{#- The batches that the fact does not contain yet, by input; none if one of them replaces rows. -#}
{% macro unseen_changes(inputs, seen) %}
    {% do run_query('create table if not exists ' ~ seen ~ ' (input ' ~ dbt.type_string() ~ ', batch ' ~ dbt.type_string() ~ ')') %}
    {#- A second build of the fact waits here until the first has ended. -#}
    {% do run_query('update ' ~ seen ~ ' set batch = batch') %}
    {% set unseen = run_query(
        'select changes.input, changes.batch, changes.replaces from (' ~ all_changes(inputs) ~ ') as changes'
        ~ ' left join ' ~ seen ~ ' as seen on changes.input = seen.input and changes.batch = seen.batch'
        ~ ' where seen.batch is null'
    ) %}
    {% set changes = {} %}
    {% for row in unseen %}
        {% if row[2] %}{{ return(none) }}{% endif %}
        {% do changes.setdefault(row[0], []).append(row[1]) %}
    {% endfor %}
    {{ return(changes) }}
{% endmacro %}

{% macro note_as_seen(changes, seen) %}
    {% for name, batches in changes.items() %}
        {% for batch in batches %}
            {% do run_query("insert into " ~ seen ~ " values ('" ~ name ~ "', '" ~ batch ~ "')") %}
        {% endfor %}
    {% endfor %}
{% endmacro %}

{% macro quoted_list(texts) %}
    {{ return("'" ~ texts | join("', '") ~ "'") }}
{% endmacro %}

{% macro types_in_contract() %}
    {% set types = {} %}
    {% for column in model.columns.values() %}
        {% do types.update({column.name: column.data_type}) %}
    {% endfor %}
    {{ return(types) }}
{% endmacro %}

{#- The SQL of a view as the warehouse stores it. DuckDB adds spaces to a type until the file is opened again. -#}
{% macro definition_of_view(view) %}
    {% set found = run_query(adapter.dispatch('stored_view')(view)) %}
    {{ return((found.rows[0][0] if found.rows else invocation_id).split() | join) }}
{% endmacro %}

{% macro default__stored_view(view) %}
    select view_definition from information_schema.views
    where table_schema = '{{ view.schema }}' and table_name = '{{ view.identifier }}'
{% endmacro %}

{% macro duckdb__stored_view(view) %}
    select sql from duckdb_views()
    where database_name = current_database() and schema_name = '{{ view.schema }}' and view_name = '{{ view.identifier }}'
{% endmacro %}

{#- On warehouses that find rows by an index, the index that finds the rows of a fact by key. -#}
{% macro default__index_fact(relation, key) %}
{% endmacro %}
