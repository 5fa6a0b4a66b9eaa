{#- Whether the model has a column that its table lacks: then all of its rows are built again. -#}
{% macro has_new_columns() -%}
    {%- set present = adapter.get_columns_in_relation(this) | map(attribute='name') | map('lower') | list -%}
    {{ return(model.columns | map('lower') | reject('in', present) | list | length > 0) }}
{%- endmacro %}
