{#- The columns of `rows` that a snapshot records: the key, the compared columns, and when a new version of each
    row would start. That is the row's own update time if it is later than every recorded version of the member
    and not in the future, otherwise the time of the snapshot. So versions never overlap. -#}
{% macro rows_to_record(rows, changed_at=none) %}
    {%- set key = snapshot_key() -%}
    {%- set now = "cast(" ~ snapshot_get_time() ~ " as " ~ dbt.type_timestamp() ~ ")" -%}
    {#- With `dbt compile --no-introspect`, dbt must not ask the warehouse. -#}
    {%- set asks = changed_at and execute and flags.INTROSPECT is not false -%}
    {%- set is_recorded = asks and load_relation(this) -%}
select
    {% for column in (key + checked_columns()) | unique | list %}
    members.{{ column }}{{ "," if changed_at or not loop.last }}
    {% endfor %}
    {% if changed_at %}
    case
        when members.{{ changed_at }} <= {{ now }}
            {% if is_recorded %}
            and members.{{ changed_at }} > coalesce(recorded.last_change, {{ beginning_of_time() }})
            {% endif %}
            then cast(members.{{ changed_at }} as {{ dbt.type_timestamp() }})
        else {{ now }}
    end as version_start
    {% endif %}

from {{ rows }} as members
    {% if is_recorded %}
left join (
    select
        {{ key | join(', ') }},
        max(coalesce(dbt_valid_to, dbt_valid_from)) as last_change
    from {{ this }}
    group by {{ key | join(', ') }}
) as recorded
    on
    {% for column in key %}
        {{ "and " if not loop.first }}members.{{ column }} = recorded.{{ column }}
    {% endfor %}
    {% endif %}
{% endmacro %}

{#- The key of the current snapshot, as a list. While dbt parses, this and the compared columns are empty. -#}
{% macro snapshot_key() %}
    {%- set key = config.get('unique_key') or [] -%}
    {{ return([key] if key is string else key | list) }}
{% endmacro %}

{% macro checked_columns() %}
    {%- set columns = config.get('check_cols') or [] -%}
    {{ return([] if columns is string else columns | list) }}
{% endmacro %}

{#- Snapshot times are in UTC, whatever the time zone of the session. -#}
{% macro postgres__snapshot_get_time() -%}
    (current_timestamp at time zone 'UTC')
{%- endmacro %}
