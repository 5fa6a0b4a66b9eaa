with

page_traffic as (

    select * from {{ ref('stg_web__page_traffic') }}

),

final as (

    select
        ---------- ids
        page_traffic.window_start,
        page_traffic.page,

        ---------- dimension keys
        {{ date_key('page_traffic.window_start') }} as window_start_date_key,
        {{ date_key('page_traffic.window_end') }} as window_end_date_key,

        ---------- numbers
        page_traffic.view_count,
        page_traffic.seconds_sum,
        page_traffic.seconds_avg,

        ---------- times
        page_traffic.window_end

    from page_traffic

)

select * from final
