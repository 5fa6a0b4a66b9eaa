with

source as (

    select * from {{ source('web', 'segment_traffic') }}

),

renamed as (

    select
        ---------- ids
        {{ utc('window_start') }} as window_start,
        cast(segment as {{ dbt.type_string() }}) as segment,

        ---------- numbers
        cast(view_count as {{ dbt.type_bigint() }}) as view_count,
        cast(product_price_avg as {{ type_double() }}) as product_price_avg,
        cast(last_batch as {{ dbt.type_bigint() }}) as last_batch,

        ---------- times
        {{ utc('window_end') }} as window_end

    from source

)

select * from renamed
