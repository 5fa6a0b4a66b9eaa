with

segment_traffic as (

    select * from {{ ref('stg_web__segment_traffic') }}

),

final as (

    select
        ---------- ids
        segment_traffic.window_start,
        segment_traffic.segment,

        ---------- dimension keys
        {{ date_key('segment_traffic.window_start') }} as window_start_date_key,
        {{ date_key('segment_traffic.window_end') }} as window_end_date_key,

        ---------- numbers
        segment_traffic.view_count,
        segment_traffic.product_price_avg,

        ---------- times
        segment_traffic.window_end

    from segment_traffic

)

select * from final
