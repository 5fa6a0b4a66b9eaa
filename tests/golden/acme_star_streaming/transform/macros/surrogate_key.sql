{#- A key made of other columns: the same values give the same key on every run and every warehouse. -#}
{% macro surrogate_key(columns) -%}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- do parts.append("coalesce(cast(" ~ column ~ " as " ~ dbt.type_string() ~ "), '')") -%}
        {%- if not loop.last %}{% do parts.append("'|'") %}{% endif -%}
    {%- endfor -%}
    {{ dbt.hash(dbt.concat(parts)) }}
{%- endmacro %}

{#- The key of the row that stands for a member that is not known. -#}
{% macro unknown_key() -%}
    '-1'
{%- endmacro %}

{#- Tells equal rows of a table without a key apart: which of the rows with these values it is. -#}
{% macro occurrence(columns) -%}
    row_number() over (partition by {{ surrogate_key(columns) }} order by {{ surrogate_key(columns) }})
{%- endmacro %}
