{#- Brings a snapshot to the columns of its rows before these are compared: on its own, dbt would open a new
    version of every member when a column joins, and fail for good when a type changes. -#}
{% macro align_snapshot(rows) %}
    {% if execute and load_relation(this) %}
        {% do repair_recorded_times() %}
        {% set recorded = {} %}
        {% for column in adapter.get_columns_in_relation(this) %}
            {% do recorded.update({column.name | lower: column}) %}
        {% endfor %}
        {% set carried = snapshot_key() + checked_columns() %}
        {% for column in adapter.get_columns_in_relation(rows) if column.name | lower in carried %}
            {% set known = recorded.get(column.name | lower) %}
            {% if not known %}
                {% do add_to_recorded(rows, column, recorded) %}
            {% elif known.data_type != column.data_type %}
                {% do change_recorded_type(known, column) %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{#- A column that joins holds in all versions of a member what is first known of it. It gets its name when it
    is filled, so that a run that was killed leaves nothing half done. -#}
{% macro add_to_recorded(rows, column, recorded) %}
    {% set unfilled = column.name ~ '__unfilled' %}
    {% if unfilled | lower in recorded %}
        {% do run_alone('alter table ' ~ this ~ ' drop column ' ~ adapter.quote(unfilled)) %}
    {% endif %}
    {% do run_alone('alter table ' ~ this ~ ' add column ' ~ adapter.quote(unfilled) ~ ' ' ~ column.data_type) %}
    {% set same_member = [] %}
    {% for name in snapshot_key() %}
        {% do same_member.append('versions.' ~ name ~ ' = members.' ~ name) %}
    {% endfor %}
    {% do run_alone(
        'update ' ~ this ~ ' as versions set ' ~ adapter.quote(unfilled) ~ ' = members.' ~ adapter.quote(column.name)
        ~ ' from ' ~ rows ~ ' as members where ' ~ same_member | join(' and ')
    ) %}
    {% do run_alone(
        'alter table ' ~ this ~ ' rename column ' ~ adapter.quote(unfilled) ~ ' to ' ~ adapter.quote(column.name)
    ) %}
{% endmacro %}

{#- Versions that dbt recorded by the update time alone may lack a start or lie in the future: the first begin
    with time, the others now, where all but the last hold for no time. -#}
{% macro repair_recorded_times() %}
    {% set now = snapshot_get_time() %}
    {% do run_alone(
        'update ' ~ this ~ ' set dbt_valid_from = case when dbt_valid_from > ' ~ now ~ ' then ' ~ now
        ~ ' else coalesce(dbt_valid_from, ' ~ beginning_of_time() ~ ') end,'
        ~ ' dbt_valid_to = case when dbt_valid_to > ' ~ now ~ ' then ' ~ now ~ ' else dbt_valid_to end'
        ~ ' where dbt_valid_from is null or dbt_valid_from > ' ~ now ~ ' or dbt_valid_to > ' ~ now
    ) %}
    {% do run_alone('delete from ' ~ this ~ ' where dbt_valid_from >= dbt_valid_to') %}
{% endmacro %}

{#- Runs a statement in a transaction of its own: DuckDB does not fill a table that the same one has altered. -#}
{% macro run_alone(statement_sql) %}
    {% call statement(auto_begin=true) %}{{ statement_sql }}{% endcall %}
    {% do adapter.commit() %}
{% endmacro %}
