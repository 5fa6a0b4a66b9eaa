with

order_items as (

    select * from {{ ref('stg_shop__order_items') }}

),

orders as (

    select * from {{ ref('stg_shop__orders') }}

),

customers as (

    select * from {{ ref('stg_shop__customers') }}

),

addresses as (

    select * from {{ ref('stg_shop__addresses') }}

),

countries as (

    select * from {{ ref('stg_shop__countries') }}

),

employees as (

    select * from {{ ref('stg_shop__employees') }}

),

products as (

    select * from {{ ref('stg_shop__products') }}

),

categories as (

    select * from {{ ref('stg_shop__categories') }}

),

promotions as (

    select * from {{ ref('stg_shop__promotions') }}

),

promoted_products as (

    select * from {{ ref('stg_shop__promoted_products') }}

),

product_promotions_lists as (

    select
        promoted_products.product_id,
        {{ dbt.listagg("promotions.code", "', '", "order by promotions.code") }} as product_promotions_list

    from promoted_products
    inner join promotions
        on promoted_products.promotion_id = promotions.promotion_id
    group by promoted_products.product_id

),

promotion_products_lists as (

    select
        promoted_products.promotion_id,
        {{ dbt.listagg("products.name", "', '", "order by products.name") }} as promotion_products_list

    from promoted_products
    inner join products
        on promoted_products.product_id = products.product_id
    group by promoted_products.promotion_id

),

final as (

    select
        ---------- order items
        order_items.order_id,
        order_items.line_number,
        order_items.product_id,
        order_items.promotion_id,
        order_items.quantity,
        order_items.unit_price,
        order_items.discount,
        order_items.gross_amount,
        order_items.net_amount,

        ---------- order rows
        order_rows.status as order_status,
        order_rows.shipping_cost as order_shipping_cost,
        order_rows.ordered_at,

        ---------- customer
        customer.email as customer_email,
        customer.first_name as customer_first_name,
        customer.last_name as customer_last_name,
        customer.phone as customer_phone,
        customer.segment as customer_segment,
        customer.newsletter as customer_newsletter,
        customer.birth_date as customer_birth_date,

        ---------- customer address
        customer_address.street as customer_address_street,
        customer_address.postal_code as customer_address_postal_code,
        customer_address.city as customer_address_city,

        ---------- customer country
        customer_country.name as customer_country_name,
        customer_country.vat_rate as customer_country_vat_rate,

        ---------- billing address
        billing_address.street as billing_address_street,
        billing_address.postal_code as billing_address_postal_code,
        billing_address.city as billing_address_city,

        ---------- billing address country
        billing_address_country.name as billing_address_country_name,
        billing_address_country.vat_rate as billing_address_country_vat_rate,

        ---------- shipping address
        shipping_address.street as shipping_address_street,
        shipping_address.postal_code as shipping_address_postal_code,
        shipping_address.city as shipping_address_city,

        ---------- shipping address country
        shipping_address_country.name as shipping_address_country_name,
        shipping_address_country.vat_rate as shipping_address_country_vat_rate,

        ---------- employee
        employee.manager_id as employee_manager_id,
        employee.name as employee_name,
        employee.job_title as employee_job_title,
        employee.hired_on as employee_hired_on,

        ---------- product
        product.sku as product_sku,
        product.name as product_name,
        product.list_price as product_list_price,
        product.weight_kg as product_weight_kg,
        product.is_active as product_is_active,

        ---------- category
        category.parent_id as category_parent_id,
        category.name as category_name,

        ---------- promotion
        promotion.code as promotion_code,
        promotion.discount_percent as promotion_discount_percent,
        promotion.starts_on as promotion_starts_on,
        promotion.ends_on as promotion_ends_on,

        ---------- lists
        product_promotions_lists.product_promotions_list,
        promotion_products_lists.promotion_products_list

    from order_items
    left join orders as order_rows
        on order_items.order_id = order_rows.order_id
    left join customers as customer
        on order_rows.customer_id = customer.customer_id
    left join addresses as customer_address
        on customer.address_id = customer_address.address_id
    left join countries as customer_country
        on customer_address.country_code = customer_country.country_code
    left join addresses as billing_address
        on order_rows.billing_address_id = billing_address.address_id
    left join countries as billing_address_country
        on billing_address.country_code = billing_address_country.country_code
    left join addresses as shipping_address
        on order_rows.shipping_address_id = shipping_address.address_id
    left join countries as shipping_address_country
        on shipping_address.country_code = shipping_address_country.country_code
    left join employees as employee
        on order_rows.employee_id = employee.employee_id
    left join products as product
        on order_items.product_id = product.product_id
    left join categories as category
        on product.category_id = category.category_id
    left join promotions as promotion
        on order_items.promotion_id = promotion.promotion_id
    left join product_promotions_lists
        on product.product_id = product_promotions_lists.product_id
    left join promotion_products_lists
        on promotion.promotion_id = promotion_products_lists.promotion_id

)

select * from final
