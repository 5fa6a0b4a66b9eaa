with

addresses as (

    select * from {{ ref('stg_shop__addresses') }}

),

countries as (

    select * from {{ ref('stg_shop__countries') }}

),

final as (

    select
        ---------- ids
        addresses.address_id,
        addresses.country_code,

        ---------- text
        addresses.street,
        addresses.postal_code,
        addresses.city,
        country.name as country_name,

        ---------- numbers
        country.vat_rate as country_vat_rate,

        ---------- changes
        {{ newest(['addresses.updated_at']) }} as changed_at

    from addresses
    left join countries as country
        on addresses.country_code = country.country_code

)

select * from final
