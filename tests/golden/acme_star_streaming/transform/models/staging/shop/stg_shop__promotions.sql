with

source as (

    select * from {{ source('shop', 'promotions') }}

),

renamed as (

    select
        ---------- ids
        cast(promotion_id as {{ dbt.type_int() }}) as promotion_id,

        ---------- text
        cast(code as {{ dbt.type_string() }}) as code,

        ---------- numbers
        cast(discount_percent as {{ dbt.type_int() }}) as discount_percent,

        ---------- dates
        cast(starts_on as date) as starts_on,
        cast(ends_on as date) as ends_on

    from source

)

select * from renamed
