{#- The beginning of the window of a moment. Windows are so many seconds long and follow one another since 1970. -#}
{% macro window_start(moment, seconds) -%}
    {%- set epoch = "cast('1970-01-01' as " ~ dbt.type_timestamp() ~ ")" -%}
    {%- set passed = dbt.datediff(epoch, moment, 'second') -%}
    {%- set until_it = "cast(floor((" ~ passed ~ ") / " ~ seconds ~ ") * " ~ seconds ~ " as " ~ dbt.type_bigint() ~ ")" -%}
    {{ dbt.dateadd('second', until_it, epoch) }}
{%- endmacro %}
