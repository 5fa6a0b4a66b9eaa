{#- Fails if versions of a member overlap, have an empty validity, or a wrong `is_current`. -#}
{% test no_overlapping_versions(model, key) %}

with versions as (

    select
        {{ key | join(',\n        ') }},
        valid_from,
        valid_to,
        is_current,
        lead(valid_from) over (partition by {{ key | join(', ') }} order by valid_from) as next_valid_from

    from {{ model }}
    where {{ key[0] }} is not null

)

select *
from versions
where
    valid_from >= valid_to
    or valid_to > next_valid_from
    or is_current <> (valid_to = {{ end_of_time() }})

{% endtest %}
