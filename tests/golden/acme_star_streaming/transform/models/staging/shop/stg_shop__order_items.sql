with

source as (

    select * from {{ source('shop', 'order_items') }}

),

renamed as (

    select
        ---------- ids
        cast(order_id as {{ dbt.type_bigint() }}) as order_id,
        cast(line_number as {{ dbt.type_int() }}) as line_number,
        cast(product_id as {{ dbt.type_bigint() }}) as product_id,
        cast(promotion_id as {{ dbt.type_int() }}) as promotion_id,

        ---------- numbers
        cast(quantity as {{ dbt.type_int() }}) as quantity,
        cast(unit_price as numeric(10, 2)) as unit_price,
        cast(discount as numeric(10, 2)) as discount,
        cast(quantity * unit_price as numeric(12, 2)) as gross_amount,
        cast(quantity * unit_price - discount as numeric(12, 2)) as net_amount,

        ---------- times
        {{ utc('updated_at') }} as updated_at

    from source

)

select * from renamed
