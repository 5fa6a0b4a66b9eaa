{% test in_range(model, column_name, min=none, max=none) %}

select {{ column_name }}
from {{ model }}
where
    false
    {% if min is not none %}or {{ column_name }} < {{ literal(min) }}{% endif %}
    {% if max is not none %}or {{ column_name }} > {{ literal(max) }}{% endif %}

{% endtest %}

{% macro literal(value) -%}
    {{ value if value is number else dbt.string_literal(dbt.escape_single_quotes(value)) }}
{%- endmacro %}
