with

products as (

    select * from {{ ref('stg_shop__products') }}

),

categories as (

    select * from {{ ref('stg_shop__categories') }}

),

final as (

    select
        ---------- ids
        products.product_id,
        products.category_id,
        category.parent_id as category_parent_id,

        ---------- text
        products.sku,
        products.name,
        category.name as category_name,

        ---------- numbers
        products.list_price,
        products.weight_kg,

        ---------- booleans
        products.is_active,

        ---------- changes
        {{ newest(['products.updated_at']) }} as changed_at

    from products
    left join categories as category
        on products.category_id = category.category_id

)

select * from final
