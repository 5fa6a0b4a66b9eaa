with

source as (

    select * from {{ source('web', 'page_traffic') }}

),

renamed as (

    select
        ---------- ids
        {{ utc('window_start') }} as window_start,
        cast(page as {{ dbt.type_string() }}) as page,

        ---------- numbers
        cast(view_count as {{ dbt.type_bigint() }}) as view_count,
        cast(seconds_sum as numeric(38, 2)) as seconds_sum,
        cast(seconds_avg as {{ type_double() }}) as seconds_avg,
        cast(last_batch as {{ dbt.type_bigint() }}) as last_batch,

        ---------- times
        {{ utc('window_end') }} as window_end

    from source

)

select * from renamed
