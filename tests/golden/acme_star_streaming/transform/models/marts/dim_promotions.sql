with

promotions as (

    select * from {{ ref('stg_shop__promotions') }}

),

joined as (

    select
        {{ surrogate_key(['promotions.promotion_id']) }} as promotion_key,

        ---------- ids
        promotions.promotion_id,

        ---------- text
        promotions.code,

        ---------- numbers
        promotions.discount_percent,

        ---------- dates
        promotions.starts_on,
        promotions.ends_on

    from promotions

),

unknown_member as (

    select
        {{ unknown_key() }} as promotion_key,
        cast(null as {{ dbt.type_int() }}) as promotion_id,
        cast(null as {{ dbt.type_string() }}) as code,
        cast(null as {{ dbt.type_int() }}) as discount_percent,
        cast(null as date) as starts_on,
        cast(null as date) as ends_on

),

final as (

    select * from joined
    union all
    select * from unknown_member

)

select * from final
