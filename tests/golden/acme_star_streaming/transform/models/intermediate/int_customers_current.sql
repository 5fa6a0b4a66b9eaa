with

customers as (

    select * from {{ ref('stg_shop__customers') }}

),

addresses as (

    select * from {{ ref('stg_shop__addresses') }}

),

countries as (

    select * from {{ ref('stg_shop__countries') }}

),

final as (

    select
        ---------- ids
        customers.customer_id,
        customers.address_id,

        ---------- text
        customers.email,
        customers.first_name,
        customers.last_name,
        customers.phone,
        customers.segment,
        address.street as address_street,
        address.postal_code as address_postal_code,
        address.city as address_city,
        country.name as country_name,

        ---------- numbers
        country.vat_rate as country_vat_rate,

        ---------- booleans
        customers.newsletter,

        ---------- dates
        customers.birth_date,

        ---------- times
        customers.created_at,

        ---------- changes
        {{ newest(['customers.updated_at', 'address.updated_at']) }} as changed_at

    from customers
    left join addresses as address
        on customers.address_id = address.address_id
    left join countries as country
        on address.country_code = country.country_code

    where not customers.is_deleted
)

select * from final
