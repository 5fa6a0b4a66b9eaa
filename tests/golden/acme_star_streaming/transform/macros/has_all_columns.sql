{#- Whether the table that is there has every column of its model: if not, all of its rows are built again. -#}
{% macro has_all_columns() -%}
    {%- set present = adapter.get_columns_in_relation(this) | map(attribute='name') | map('lower') | list -%}
    {{ return(model.columns | map('lower') | reject('in', present) | list | length == 0) }}
{%- endmacro %}
