{#- Schemas have the same names on every target, because each target is a separate database. In a sandbox, they begin
    with its prefix. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ sandbox_prefix() }}{{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
