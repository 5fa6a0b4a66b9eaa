{#- From when the first version of a member holds: facts older than the first recording find it. -#}
{% macro beginning_of_time() -%}
    cast('1900-01-01' as {{ dbt.type_timestamp() }})
{%- endmacro %}

{% macro end_of_time() -%}
    cast('9999-12-31' as {{ dbt.type_timestamp() }})
{%- endmacro %}

{#- In an incremental run: what changed since the newest row that is here, and the lag before it. -#}
{% macro changed_since(column, lag_seconds) -%}
    {{ column }} >= (
        select coalesce({{ dbt.dateadd('second', -lag_seconds, 'max(changed_at)') }}, {{ beginning_of_time() }})
        from {{ this }}
    )
{%- endmacro %}
