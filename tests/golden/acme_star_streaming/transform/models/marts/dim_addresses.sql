with

addresses as (

    select * from {{ ref('snap_shop__addresses') }}

),

versions as (

    select
        ---------- ids
        address_id,
        country_code,

        ---------- text
        street,
        postal_code,
        city,
        country_name,

        ---------- numbers
        country_vat_rate,

        ---------- validity
        case
            when row_number() over (
                partition by address_id order by dbt_valid_from
            ) = 1 then {{ beginning_of_time() }}
            else dbt_valid_from
        end as valid_from,
        coalesce(dbt_valid_to, {{ end_of_time() }}) as valid_to,
        dbt_valid_to is null as is_current

    from addresses

),

keyed as (

    select
        {{ surrogate_key(['address_id', 'valid_from']) }} as address_key,
        versions.*

    from versions

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

    select * from keyed
    union all
    select * from unknown_member

)

select * from final
