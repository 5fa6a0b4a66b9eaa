{#- The columns of the recorded table, by name. -#}
{% macro recorded_columns() %}
    {% set columns = {} %}
    {% for column in adapter.get_columns_in_relation(this) %}
        {% do columns.update({column.name | lower: column}) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}

{#- Changes the type of a recorded column if every recorded value fits; otherwise fails with the fix. -#}
{% macro change_recorded_type(known, wanted) %}
    {% set misfits = misfits_of(known, wanted).rows %}
    {% if misfits %}
        {% do exceptions.raise_compiler_error(
            'The history in ' ~ this.schema ~ '.' ~ this.identifier ~ ' has values of `' ~ known.name
            ~ '` that do not fit its new type ' ~ wanted.data_type ~ ', such as ' ~ misfits[0][0]
            ~ '. Nothing was changed. In sources/*.yml, give the column a type that fits old and new values ('
            ~ known.data_type ~ ', or text), then run `platform-new update`.'
        ) %}
    {% endif %}
    {% do alter_recorded_type(known, wanted) %}
{% endmacro %}

{#- One recorded value that the new type would lose or change, if there is any. -#}
{% macro misfits_of(known, wanted) %}
    {{ return(adapter.dispatch('misfits_of')(known, wanted)) }}
{% endmacro %}

{% macro default__misfits_of(known, wanted) %}
    {% set column = quoted(known.name) %}
    {% set before, after = type_family(known), type_family(wanted) %}
    {% set value = column if before == after == 'number' else 'cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')' %}
    {% set changed = dbt.safe_cast(value, wanted.data_type) %}
    {% if before == 'text' and after == 'number' %}
        {% set lost = dbt.safe_cast(changed, type_double()) ~ ' <> ' ~ dbt.safe_cast(column, type_double()) %}
    {% elif before == 'text' %}
        {% set lost = 'false' %}
    {% elif before == after == 'number' %}
        {% set lost = dbt.safe_cast(changed, known.data_type) ~ ' <> ' ~ column %}
    {% else %}
        {% set lost = dbt.safe_cast('cast(' ~ changed ~ ' as ' ~ dbt.type_string() ~ ')', known.data_type) ~ ' <> ' ~ column %}
    {% endif %}
    {{ return(run_query(
        'select ' ~ column ~ ' from ' ~ this ~ ' where ' ~ column ~ ' is not null and (' ~ changed ~ ' is null or ' ~ lost ~ ') limit 1'
    )) }}
{% endmacro %}

{#- PostgreSQL has no safe cast: a temporary function catches the error. -#}
{% macro postgres__misfits_of(known, wanted) %}
    {% set column = quoted(known.name) %}
    {% set from_text = type_family(known) == 'text' %}
    {% do run_query("
        create or replace function pg_temp.fits(value text, before text, after text, compared text) returns boolean
        language plpgsql as $$
        declare
            same boolean;
        begin
            execute format(
                'select cast(cast(cast(%1$L as %2$s) as %3$s) as %4$s) = cast(cast(%1$L as %2$s) as %4$s)',
                value, before, after, compared
            ) into same;
            return same;
        exception when others then
            return false;
        end
        $$
    ") %}
    {% if not from_text %}
        {% set compared = known.data_type %}
    {% elif type_family(wanted) == 'number' %}
        {% set compared = 'numeric' %}
    {% else %}
        {% set compared = wanted.data_type %}
    {% endif %}
    {{ return(run_query(
        "select value from (select distinct " ~ column ~ " as value from " ~ this ~ " where " ~ column ~ " is not null) as recorded"
        ~ " where not pg_temp.fits(value::text, '" ~ known.data_type ~ "', '" ~ wanted.data_type ~ "', '" ~ compared ~ "') limit 1"
    )) }}
{% endmacro %}

{% macro alter_recorded_type(known, wanted) %}
    {{ return(adapter.dispatch('alter_recorded_type')(known, wanted)) }}
{% endmacro %}

{% macro default__alter_recorded_type(known, wanted) %}
    {% do alter_column_type(this, known.name, wanted.data_type) %}
{% endmacro %}

{% macro postgres__alter_recorded_type(known, wanted) %}
    {% set column = quoted(known.name) %}
    {% do run_alone(
        'alter table ' ~ this ~ ' alter column ' ~ column ~ ' type ' ~ wanted.data_type
        ~ ' using cast(' ~ column ~ ' as ' ~ wanted.data_type ~ ')'
    ) %}
{% endmacro %}

{% macro duckdb__alter_recorded_type(known, wanted) %}
    {{ return(postgres__alter_recorded_type(known, wanted)) }}
{% endmacro %}

{% macro type_family(column) %}
    {% set name = column.dtype.split('(')[0] | lower %}
    {% if column.is_string() %}
        {{ return('text') }}
    {% elif name in ('boolean', 'bool', 'number', 'numeric', 'decimal', 'double', 'double precision', 'real', 'float', 'float4', 'float8', 'smallint', 'integer', 'bigint', 'hugeint', 'int', 'int2', 'int4', 'int8', 'tinyint', 'int64', 'float64', 'bignumeric') %}
        {{ return('number') }}
    {% endif %}
    {{ return('other') }}
{% endmacro %}

{#- Runs a statement in its own transaction: DuckDB cannot fill a table that the same transaction has altered. -#}
{% macro run_alone(statement_sql) %}
    {% call statement(auto_begin=true) %}{{ statement_sql }}{% endcall %}
    {% do adapter.commit() %}
{% endmacro %}
