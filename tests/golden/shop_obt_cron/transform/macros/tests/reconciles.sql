{#-
    Fails if the row count or a sum of the model differs from the landed table that it is built from.

    Floating-point sums depend on the order of the rows, so a difference that is tiny relative to the sum of the absolute
    values is accepted. Infinite and NaN sums are compared as text: on some warehouses NaN does not even equal itself.
-#}
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
        {% for landed in sums.values() %}
        , sum({{ quoted(landed) }}) as total_{{ loop.index }}
        , sum(abs(cast({{ quoted(landed) }} as {{ type_double() }}))) as amount_{{ loop.index }}
        {% endfor %}

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
    or (
        coalesce(cast(built.total_{{ loop.index }} as {{ dbt.type_string() }}), '')
        <> coalesce(cast(landed.total_{{ loop.index }} as {{ dbt.type_string() }}), '')
        and not coalesce(
            abs(built.total_{{ loop.index }} - landed.total_{{ loop.index }}) < 1e-9 * landed.amount_{{ loop.index }},
            false
        )
    )
    {% endfor %}

{% endtest %}
