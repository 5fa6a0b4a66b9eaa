with

source as (

    select * from {{ source('shop', 'orders') }}

),

renamed as (

    select
        ---------- ids
        cast(order_id as {{ dbt.type_bigint() }}) as order_id,
        cast(customer_id as {{ dbt.type_bigint() }}) as customer_id,
        cast(billing_address_id as {{ dbt.type_bigint() }}) as billing_address_id,
        cast(shipping_address_id as {{ dbt.type_bigint() }}) as shipping_address_id,
        cast(employee_id as {{ dbt.type_int() }}) as employee_id,

        ---------- text
        cast(status as {{ dbt.type_string() }}) as status,

        ---------- numbers
        cast(shipping_cost as numeric(8, 2)) as shipping_cost,

        ---------- times
        {{ utc('ordered_at') }} as ordered_at,
        {{ utc('updated_at') }} as updated_at

    from source

)

select * from renamed
