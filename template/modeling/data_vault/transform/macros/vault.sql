{#- The hash of a business key, which identifies a row of a hub; none if a part of the key is missing. -#}
{% macro hash_key(columns) -%}
    case when {{ columns | join(' is not null and ') }} is not null then {{ surrogate_key(columns) }} end
{%- endmacro %}

{#- The current time in UTC, by the clock of the warehouse. -#}
{% macro now_in_utc() -%}
    {{ utc(dbt.current_timestamp()) }}
{%- endmacro %}

{#- Like dbt's macro of this name, but with `dbt compile --no-introspect` it does not ask the warehouse. -#}
{% macro is_incremental() %}
    {{ return(flags.INTROSPECT is not false and dbt.is_incremental()) }}
{% endmacro %}
