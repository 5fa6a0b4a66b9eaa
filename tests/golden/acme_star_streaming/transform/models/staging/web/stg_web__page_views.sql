with

source as (

    select * from {{ source('web', 'page_views') }}

),

renamed as (

    select
        ---------- ids
        cast(kafka_partition as {{ dbt.type_bigint() }}) as kafka_partition,
        cast(kafka_offset as {{ dbt.type_bigint() }}) as kafka_offset,
        cast(customer_id as {{ dbt.type_bigint() }}) as customer_id,
        cast(product_id as {{ dbt.type_bigint() }}) as product_id,
        cast(view_id as {{ dbt.type_string() }}) as view_id,

        ---------- text
        cast(visitor_id as {{ dbt.type_string() }}) as visitor_id,
        cast(page as {{ dbt.type_string() }}) as page,

        ---------- numbers
        cast(seconds as numeric(8, 2)) as seconds,
        cast(last_batch as {{ dbt.type_bigint() }}) as last_batch,

        ---------- times
        {{ utc('viewed_at') }} as viewed_at,

        ---------- other
        cast(device as {{ dbt.type_string() }}) as device,
        cast(campaigns as {{ dbt.type_string() }}) as campaigns

    from source

)

select * from renamed
