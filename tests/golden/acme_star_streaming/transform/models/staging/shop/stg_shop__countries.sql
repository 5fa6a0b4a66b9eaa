with

source as (

    select * from {{ source('shop', 'countries') }}

),

renamed as (

    select
        ---------- ids
        cast(country_code as {{ dbt.type_string() }}) as country_code,

        ---------- text
        cast(name as {{ dbt.type_string() }}) as name,

        ---------- numbers
        cast(vat_rate as numeric(4, 2)) as vat_rate

    from source

)

select * from renamed
