{#- Fails if the model has other rows, or other sums, than the landed table it is made from. -#}
{% test reconciles(model, to, sums={}) %}

with

built as (

    select
        count(*) as row_count
        {% for column in sums %}, sum({{ column }}) as total_{{ loop.index }}{% endfor %}

    from {{ model }}

),

landed as (

    select
        count(*) as row_count
        {% for landed in sums.values() %}, sum({{ adapter.quote(landed) }}) as total_{{ loop.index }}{% endfor %}

    from {{ to }}

)

select
    built.row_count as built_rows,
    landed.row_count as landed_rows
    {% for column in sums %}
    , built.total_{{ loop.index }} as built_{{ column }}
    , landed.total_{{ loop.index }} as landed_{{ column }}
    {% endfor %}

from built
cross join landed
where
    built.row_count <> landed.row_count
    {% for column in sums %}
    or abs(coalesce(built.total_{{ loop.index }}, 0) - coalesce(landed.total_{{ loop.index }}, 0))
        > 1e-9 * abs(coalesce(landed.total_{{ loop.index }}, 0))
    {% endfor %}

{% endtest %}
