{#- The prefix of the schemas of a sandbox, such as `sandbox_ann__`; empty outside a sandbox. Its form keeps it apart from
    the prefix of any other sandbox and from all other schemas. -#}
{% macro sandbox_prefix() -%}
    {% set prefix = env_var('DBT_SCHEMA_PREFIX', '') %}
    {% if prefix and not modules.re.match('sandbox_[a-z0-9]+(_[a-z0-9]+)*__$', prefix) %}
        {% do exceptions.raise_compiler_error(
            'A sandbox cannot have the name `' ~ prefix[8:-2] ~ '`. Use lowercase letters, digits and single underscores, '
            ~ 'such as SANDBOX=ann.'
        ) %}
    {% endif %}
    {{ return(prefix) }}
{%- endmacro %}

{#- Drops the schemas of a sandbox, including those of models that the project no longer has. -#}
{% macro drop_sandbox() %}
    {% set prefix = sandbox_prefix() or exceptions.raise_compiler_error('DBT_SCHEMA_PREFIX is not set.') %}
    {% for name in schemas_beginning_with(prefix) %}
        {% set quoted = {'schema': name | replace('"', '""'), 'quote_policy': {'schema': true}} %}
        {% do adapter.drop_schema(api.Relation.create(database=target.database, **quoted)) %}
        {% do print('Dropped the schema ' ~ name) %}
    {% endfor %}
{% endmacro %}

{#- The schemas of the target whose names begin with a prefix in lower case. Adapters list schemas as names, or as tables
    with different columns. -#}
{% macro schemas_beginning_with(prefix) %}
    {% set names = [] %}
    {% for row in list_schemas(target.database) %}
        {% for name in ([row] if row is string else row.values()) if name is string %}
            {% if (name | lower).startswith(prefix) and name not in names %}
                {% do names.append(name) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}
