with

source as (

    select * from {{ source('shop', 'addresses') }}

),

renamed as (

    select
        ---------- ids
        cast(address_id as {{ dbt.type_bigint() }}) as address_id,
        cast(country_code as {{ dbt.type_string() }}) as country_code,

        ---------- text
        cast(street as {{ dbt.type_string() }}) as street,
        cast(postal_code as {{ dbt.type_string() }}) as postal_code,
        cast(city as {{ dbt.type_string() }}) as city,

        ---------- times
        {{ utc('updated_at') }} as updated_at

    from source

)

select * from renamed
