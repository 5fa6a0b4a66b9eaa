{#- Gives a snapshot the columns of its input before dbt compares the two: on its own, dbt would open a new
    version of every member when a column is added, and fail on every run after a type has changed. -#}
{% macro align_snapshot(rows) %}
    {% if execute and load_relation(this) %}
        {% do repair_recorded_times() %}
        {% set recorded = recorded_columns() %}
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

{#- Fills a new column with the first known value in all versions of a member. The column gets its final name
    only once it is filled, so that a killed run leaves no half-filled column. -#}
{% macro add_to_recorded(rows, column, recorded) %}
    {% set unfilled = column.name ~ '__unfilled' %}
    {% if unfilled | lower in recorded %}
        {% do run_alone('alter table ' ~ this ~ ' drop column ' ~ quoted(unfilled)) %}
    {% endif %}
    {% do run_alone('alter table ' ~ this ~ ' add column ' ~ quoted(unfilled) ~ ' ' ~ column.data_type) %}
    {% set same_member = [] %}
    {% for name in snapshot_key() %}
        {% do same_member.append(this.identifier ~ '.' ~ name ~ ' = members.' ~ name) %}
    {% endfor %}
    {% do run_alone(
        'update ' ~ this ~ ' set ' ~ quoted(unfilled) ~ ' = members.' ~ quoted(column.name)
        ~ ' from ' ~ rows ~ ' as members where ' ~ same_member | join(' and ')
    ) %}
    {% do run_alone(
        'alter table ' ~ this ~ ' rename column ' ~ quoted(unfilled) ~ ' to ' ~ quoted(column.name)
    ) %}
{% endmacro %}

{#- Versions that dbt recorded by the update time alone may have no start, or times in the future. The former start at
    the beginning of time; times in the future become now, and versions that this leaves empty are deleted. -#}
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
