with

promotions as (

    select * from {{ ref('snap_shop__promotions') }}

),

versions as (

    select
        ---------- ids
        promotion_id,

        ---------- text
        code,

        ---------- numbers
        discount_percent,

        ---------- dates
        starts_on,
        ends_on,

        ---------- validity
        case
            when row_number() over (
                partition by promotion_id order by dbt_valid_from
            ) = 1 then {{ beginning_of_time() }}
            else dbt_valid_from
        end as valid_from,
        coalesce(dbt_valid_to, {{ end_of_time() }}) as valid_to,
        dbt_valid_to is null as is_current

    from promotions

),

keyed as (

    select
        {{ surrogate_key(['promotion_id', 'valid_from']) }} as promotion_key,
        versions.*

    from versions

),

unknown_member as (

    select
        {{ unknown_key() }} as promotion_key,
        cast(null as {{ dbt.type_int() }}) as promotion_id,
        cast(null as {{ dbt.type_string() }}) as code,
        cast(null as {{ dbt.type_int() }}) as discount_percent,
        cast(null as date) as starts_on,
        cast(null as date) as ends_on,
        {{ beginning_of_time() }} as valid_from,
        {{ end_of_time() }} as valid_to,
        true as is_current

),

final as (

    select * from keyed
    union all
    select * from unknown_member

)

select * from final
