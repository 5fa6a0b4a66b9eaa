with

customers as (

    select * from {{ ref('snap_shop__customers') }}

),

customers_now as (

    select * from {{ ref('stg_shop__customers') }}

),

addresses as (

    select * from {{ ref('stg_shop__addresses') }}

),

countries as (

    select * from {{ ref('stg_shop__countries') }}

),

joined as (

    select
        {{ surrogate_key(['customers.customer_id', 'customers.dbt_valid_from']) }} as customer_key,

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
        customers_now.is_deleted,

        ---------- dates
        customers.birth_date,

        ---------- validity
        case
            when row_number() over (
                partition by customers.customer_id order by customers.dbt_valid_from
            ) = 1 then {{ beginning_of_time() }}
            else customers.dbt_valid_from
        end as valid_from,
        coalesce(customers.dbt_valid_to, {{ end_of_time() }}) as valid_to,
        customers.dbt_valid_to is null as is_current

    from customers
    left join customers_now
        on customers.customer_id = customers_now.customer_id
    left join addresses as address
        on customers.address_id = address.address_id
    left join countries as country
        on address.country_code = country.country_code

),

unknown_member as (

    select
        {{ unknown_key() }} as customer_key,
        cast(null as {{ dbt.type_bigint() }}) as customer_id,
        cast(null as {{ dbt.type_bigint() }}) as address_id,
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as first_name,
        cast(null as {{ dbt.type_string() }}) as last_name,
        cast(null as {{ dbt.type_string() }}) as phone,
        cast(null as {{ dbt.type_string() }}) as segment,
        cast(null as {{ dbt.type_string() }}) as address_street,
        cast(null as {{ dbt.type_string() }}) as address_postal_code,
        cast(null as {{ dbt.type_string() }}) as address_city,
        cast(null as {{ dbt.type_string() }}) as country_name,
        cast(null as numeric(4, 2)) as country_vat_rate,
        cast(null as boolean) as newsletter,
        cast(null as boolean) as is_deleted,
        cast(null as date) as birth_date,
        {{ beginning_of_time() }} as valid_from,
        {{ end_of_time() }} as valid_to,
        true as is_current

),

final as (

    select * from joined
    union all
    select * from unknown_member

)

select * from final
