with

promoted_products as (

    select * from {{ ref('stg_shop__promoted_products') }}

),

dim_promotions as (

    select * from {{ ref('dim_promotions') }}

),

dim_products as (

    select * from {{ ref('dim_products') }}

),

final as (

    select
        ---------- ids
        promoted_products.promotion_id,
        promoted_products.product_id,

        ---------- dimension keys
        coalesce(promotion.promotion_key, {{ unknown_key() }}) as promotion_key,
        coalesce(product.product_key, {{ unknown_key() }}) as product_key,

        ---------- numbers
        cast(1 as {{ type_double() }}) / count(*) over (partition by promoted_products.product_id) as weight

    from promoted_products
    left join dim_promotions as promotion
        on
            promoted_products.promotion_id = promotion.promotion_id
            and promotion.is_current
    left join dim_products as product
        on
            promoted_products.product_id = product.product_id
            and product.is_current

)

select * from final
