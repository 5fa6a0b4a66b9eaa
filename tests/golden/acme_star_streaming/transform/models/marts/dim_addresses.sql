with

addresses as (

    select * from {{ ref('snap_shop__addresses') }}

),

countries as (

    select * from {{ ref('stg_shop__countries') }}

),

joined as (

    select
        {{ surrogate_key(['addresses.address_id', 'addresses.dbt_valid_from']) }} as address_key,

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

        ---------- validity
        case
            when row_number() over (
                partition by addresses.address_id order by addresses.dbt_valid_from
            ) = 1 then {{ beginning_of_time() }}
            else addresses.dbt_valid_from
        end as valid_from,
        coalesce(addresses.dbt_valid_to, {{ end_of_time() }}) as valid_to,
        addresses.dbt_valid_to is null as is_current

    from addresses
    left join countries as country
        on addresses.country_code = country.country_code

),

unknown_member as (

    select
        {{ unknown_key() }} as address_key,
        cast(null as {{ dbt.type_bigint() }}) as address_id,
        cast(null as {{ dbt.type_string() }}) as country_code,
        cast(null as {{ dbt.type_string() }}) as street,
        cast(null as {{ dbt.type_string() }}) as postal_code,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as country_name,
        cast(null as numeric(4, 2)) as country_vat_rate,
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
