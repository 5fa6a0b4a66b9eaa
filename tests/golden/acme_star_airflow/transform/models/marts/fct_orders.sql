with

orders as (

    select * from {{ ref('stg_shop__orders') }}

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
        orders.order_id,
        orders.customer_id,
        orders.billing_address_id,
        orders.shipping_address_id,
        orders.employee_id,

        ---------- dimension keys
        coalesce(customer.customer_key, {{ unknown_key() }}) as customer_key,
        coalesce(billing_address.address_key, {{ unknown_key() }}) as billing_address_key,
        coalesce(shipping_address.address_key, {{ unknown_key() }}) as shipping_address_key,
        coalesce(employee.employee_key, {{ unknown_key() }}) as employee_key,
        {{ date_key('orders.ordered_at') }} as ordered_date_key,

        ---------- text
        orders.status,

        ---------- numbers
        orders.shipping_cost,

        ---------- times
        orders.ordered_at,
        orders.updated_at as changed_at

    from orders
    left join dim_customers as customer
        on
            orders.customer_id = customer.customer_id
            and orders.ordered_at >= customer.valid_from
            and orders.ordered_at < customer.valid_to
    left join dim_addresses as billing_address
        on
            orders.billing_address_id = billing_address.address_id
            and orders.ordered_at >= billing_address.valid_from
            and orders.ordered_at < billing_address.valid_to
    left join dim_addresses as shipping_address
        on
            orders.shipping_address_id = shipping_address.address_id
            and orders.ordered_at >= shipping_address.valid_from
            and orders.ordered_at < shipping_address.valid_to
    left join dim_employees as employee
        on
            orders.employee_id = employee.employee_id
            and orders.ordered_at >= employee.valid_from
            and orders.ordered_at < employee.valid_to

)

select * from final
