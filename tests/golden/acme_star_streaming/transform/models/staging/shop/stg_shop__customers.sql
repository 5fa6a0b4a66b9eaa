with

source as (

    select * from {{ source('shop', 'customers') }}

),

present as (

    select distinct customer_id
    from {{ source('shop', 'customers__keys') }}

),

renamed as (

    select
        ---------- ids
        cast(source.customer_id as {{ dbt.type_bigint() }}) as customer_id,
        cast(source.address_id as {{ dbt.type_bigint() }}) as address_id,

        ---------- text
        cast(source.email as {{ dbt.type_string() }}) as email,
        cast(source.first_name as {{ dbt.type_string() }}) as first_name,
        cast(source.last_name as {{ dbt.type_string() }}) as last_name,
        cast(source.phone as {{ dbt.type_string() }}) as phone,
        cast(source.segment as {{ dbt.type_string() }}) as segment,

        ---------- booleans
        cast(source.newsletter as boolean) as newsletter,

        ---------- dates
        cast(source.birth_date as date) as birth_date,

        ---------- times
        {{ utc('source.created_at') }} as created_at,
        {{ utc('source.updated_at') }} as updated_at,

        ---------- soft deletes
        present.customer_id is null as is_deleted

    from source
    left join present
        on source.customer_id = present.customer_id

)

select * from renamed
