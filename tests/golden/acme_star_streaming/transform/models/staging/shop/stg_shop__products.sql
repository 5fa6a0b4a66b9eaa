with

source as (

    select * from {{ source('shop', 'products') }}

),

renamed as (

    select
        ---------- ids
        cast(product_id as {{ dbt.type_bigint() }}) as product_id,
        cast(category_id as {{ dbt.type_int() }}) as category_id,

        ---------- text
        cast(sku as {{ dbt.type_string() }}) as sku,
        cast(name as {{ dbt.type_string() }}) as name,

        ---------- numbers
        cast(list_price as numeric(10, 2)) as list_price,
        cast(weight_kg as {{ type_double() }}) as weight_kg,

        ---------- booleans
        cast(is_active as boolean) as is_active,

        ---------- times
        {{ utc('updated_at') }} as updated_at,

        ---------- other
        cast(attributes as {{ dbt.type_string() }}) as attributes

    from source

)

select * from renamed
