with

page_views as (

    select * from {{ ref('stg_web__page_views') }}

),

dim_customers as (

    select * from {{ ref('dim_customers') }}

),

dim_products as (

    select * from {{ ref('dim_products') }}

),

final as (

    select
        ---------- ids
        page_views.kafka_partition,
        page_views.kafka_offset,
        page_views.customer_id,
        page_views.product_id,
        page_views.view_id,

        ---------- dimension keys
        coalesce(customer.customer_key, {{ unknown_key() }}) as customer_key,
        coalesce(product.product_key, {{ unknown_key() }}) as product_key,
        {{ date_key('page_views.viewed_at') }} as viewed_date_key,

        ---------- text
        page_views.visitor_id,
        page_views.page,

        ---------- numbers
        page_views.seconds,

        ---------- times
        page_views.viewed_at

    from page_views
    left join dim_customers as customer
        on
            page_views.customer_id = customer.customer_id
            and page_views.viewed_at >= customer.valid_from
            and page_views.viewed_at < customer.valid_to
    left join dim_products as product
        on
            page_views.product_id = product.product_id
            and page_views.viewed_at >= product.valid_from
            and page_views.viewed_at < product.valid_to

)

select * from final
