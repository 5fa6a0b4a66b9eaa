{#- Fails unless each member of `of`, of which `of_rows` chooses the rows, has exactly one current version, and no other
    member has a current version. -#}
{% test one_current_version(model, key, of, of_key, of_rows='true') %}

with members as (

    select
        {%- for column in of_key %}
        {{ column }} as key_{{ loop.index }}{{ "," if not loop.last }}
        {%- endfor %}

    from {{ of }}
    where {{ of_rows }}

),

current_versions as (

    select
        {%- for column in key %}
        {{ column }} as key_{{ loop.index }},
        {%- endfor %}
        count(*) as version_count

    from {{ model }}
    where is_current and {{ key[0] }} is not null
    group by {{ key | join(', ') }}

)

select
    {%- for column in key %}
    coalesce(members.key_{{ loop.index }}, current_versions.key_{{ loop.index }}) as {{ column }},
    {%- endfor %}
    coalesce(current_versions.version_count, 0) as version_count

from members
full outer join current_versions
    on
        {%- for column in key %}
        {{ "and " if not loop.first }}members.key_{{ loop.index }} = current_versions.key_{{ loop.index }}
        {%- endfor %}
where
    members.key_1 is null
    or current_versions.version_count is null
    or current_versions.version_count <> 1

{% endtest %}
