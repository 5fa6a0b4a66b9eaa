{#-
    A key made of other columns: the same values give the same key on every run and every warehouse, other values give
    another. So `|` stands only between values, and `~0` only for NULL: `~` is written before either within a value.
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

{#- The key of the row that stands for a member that is not known. -#}
{% macro unknown_key() -%}
    '-1'
{%- endmacro %}

{#- Tells equal rows of a table without a key apart: which of the rows with these values it is. -#}
{% macro occurrence(columns) -%}
    row_number() over (partition by {{ surrogate_key(columns) }} order by {{ surrogate_key(columns) }})
{%- endmacro %}
