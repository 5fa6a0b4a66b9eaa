with

source as (

    select * from {{ source('shop', 'promoted_products') }}

),

renamed as (

    select
        ---------- ids
        cast(promotion_id as {{ dbt.type_int() }}) as promotion_id,
        cast(product_id as {{ dbt.type_bigint() }}) as product_id

    from source

)

select * from renamed
