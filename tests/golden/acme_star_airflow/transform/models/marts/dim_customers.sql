with

customers as (

    select * from {{ ref('snap_shop__customers') }}

),

versions as (

    select
        ---------- ids
        customer_id,
        address_id,

        ---------- text
        email,
        first_name,
        last_name,
        phone,
        segment,
        address_street,
        address_postal_code,
        address_city,
        country_name,

        ---------- numbers
        country_vat_rate,

        ---------- booleans
        newsletter,
        count(*) over (partition by customer_id) = count(dbt_valid_to) over (partition by customer_id) as is_deleted,

        ---------- dates
        birth_date,

        ---------- times
        created_at,

        ---------- validity
        case
            when row_number() over (
                partition by customer_id order by dbt_valid_from
            ) = 1 then {{ beginning_of_time() }}
            else dbt_valid_from
        end as valid_from,
        coalesce(dbt_valid_to, {{ end_of_time() }}) as valid_to,
        dbt_valid_to is null as is_current

    from customers

),

keyed as (

    select
        {{ surrogate_key(['customer_id', 'valid_from']) }} as customer_key,
        versions.*

    from versions

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
        cast(null as {{ dbt.type_timestamp() }}) as created_at,
        {{ beginning_of_time() }} as valid_from,
        {{ end_of_time() }} as valid_to,
        true as is_current

),

final as (

    select * from keyed
    union all
    select * from unknown_member

)

select * from final
