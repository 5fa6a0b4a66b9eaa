{#-
    A key computed from other columns: the same values give the same key on every run and every warehouse, and different
    values give different keys. Therefore `|` only separates values and `~0` only stands for NULL: within a value, `~`
    escapes both.
-#}
{% macro surrogate_key(columns) -%}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- set text = "cast(" ~ column ~ " as " ~ dbt.type_string() ~ ")" -%}
        {%- set escaped = "replace(replace(" ~ text ~ ", '~', '~~'), '|', '~|')" -%}
        {%- do parts.append("coalesce(" ~ escaped ~ ", '~0')") -%}
        {%- if not loop.last %}{% do parts.append("'|'") %}{% endif -%}
    {%- endfor -%}
    {{ dbt.hash(dbt.concat(parts)) }}
{%- endmacro %}

{#- The key of the row for the unknown member. -#}
{% macro unknown_key() -%}
    '-1'
{%- endmacro %}

{#- Numbers the identical rows of a table without a key, to distinguish them. -#}
{% macro occurrence(columns) -%}
    row_number() over (partition by {{ surrogate_key(columns) }} order by {{ surrogate_key(columns) }})
{%- endmacro %}
