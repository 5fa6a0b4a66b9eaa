with

order_items as (

    select * from {{ ref('stg_shop__order_items') }}

),

orders as (

    select * from {{ ref('stg_shop__orders') }}

),

dim_products as (

    select * from {{ ref('dim_products') }}

),

dim_promotions as (

    select * from {{ ref('dim_promotions') }}

),

dim_customers as (

    select * from {{ ref('dim_customers') }}

),

dim_addresses as (

    select * from {{ ref('dim_addresses') }}

),

dim_employees as (

    select * from {{ ref('dim_employees') }}

),

final as (

    select
        ---------- ids
        order_items.order_id,
        order_items.line_number,
        order_items.product_id,
        order_items.promotion_id,
        order_rows.customer_id,
        order_rows.billing_address_id,
        order_rows.shipping_address_id,
        order_rows.employee_id,

        ---------- dimension keys
        coalesce(product.product_key, {{ unknown_key() }}) as product_key,
        coalesce(promotion.promotion_key, {{ unknown_key() }}) as promotion_key,
        coalesce(customer.customer_key, {{ unknown_key() }}) as customer_key,
        coalesce(billing_address.address_key, {{ unknown_key() }}) as billing_address_key,
        coalesce(shipping_address.address_key, {{ unknown_key() }}) as shipping_address_key,
        coalesce(employee.employee_key, {{ unknown_key() }}) as employee_key,
        {{ date_key('order_rows.ordered_at') }} as ordered_date_key,

        ---------- text
        order_rows.status,

        ---------- numbers
        order_items.quantity,
        order_items.unit_price,
        order_items.discount,
        order_items.gross_amount,
        order_items.net_amount,

        ---------- times
        order_rows.ordered_at,
        coalesce(greatest(order_items.updated_at, order_rows.updated_at), order_items.updated_at, order_rows.updated_at) as changed_at

    from order_items
    left join orders as order_rows
        on order_items.order_id = order_rows.order_id
    left join dim_products as product
        on
            order_items.product_id = product.product_id
            and order_rows.ordered_at >= product.valid_from
            and order_rows.ordered_at < product.valid_to
    left join dim_promotions as promotion
        on
            order_items.promotion_id = promotion.promotion_id
            and order_rows.ordered_at >= promotion.valid_from
            and order_rows.ordered_at < promotion.valid_to
    left join dim_customers as customer
        on
            order_rows.customer_id = customer.customer_id
            and order_rows.ordered_at >= customer.valid_from
            and order_rows.ordered_at < customer.valid_to
    left join dim_addresses as billing_address
        on
            order_rows.billing_address_id = billing_address.address_id
            and order_rows.ordered_at >= billing_address.valid_from
            and order_rows.ordered_at < billing_address.valid_to
    left join dim_addresses as shipping_address
        on
            order_rows.shipping_address_id = shipping_address.address_id
            and order_rows.ordered_at >= shipping_address.valid_from
            and order_rows.ordered_at < shipping_address.valid_to
    left join dim_employees as employee
        on
            order_rows.employee_id = employee.employee_id
            and order_rows.ordered_at >= employee.valid_from
            and order_rows.ordered_at < employee.valid_to

)

select * from final
