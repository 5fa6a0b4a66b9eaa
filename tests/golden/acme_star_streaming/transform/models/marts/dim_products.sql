with

products as (

    select * from {{ ref('snap_shop__products') }}

),

categories as (

    select * from {{ ref('stg_shop__categories') }}

),

joined as (

    select
        {{ surrogate_key(['products.product_id', 'products.dbt_valid_from']) }} as product_key,

        ---------- ids
        products.product_id,
        products.category_id,
        category.parent_id as category_parent_id,

        ---------- text
        products.sku,
        products.name,
        category.name as category_name,

        ---------- numbers
        products.list_price,
        products.weight_kg,

        ---------- booleans
        products.is_active,

        ---------- validity
        case
            when row_number() over (
                partition by products.product_id order by products.dbt_valid_from
            ) = 1 then {{ beginning_of_time() }}
            else products.dbt_valid_from
        end as valid_from,
        coalesce(products.dbt_valid_to, {{ end_of_time() }}) as valid_to,
        products.dbt_valid_to is null as is_current

    from products
    left join categories as category
        on products.category_id = category.category_id

),

unknown_member as (

    select
        {{ unknown_key() }} as product_key,
        cast(null as {{ dbt.type_bigint() }}) as product_id,
        cast(null as {{ dbt.type_int() }}) as category_id,
        cast(null as {{ dbt.type_int() }}) as category_parent_id,
        cast(null as {{ dbt.type_string() }}) as sku,
        cast(null as {{ dbt.type_string() }}) as name,
        cast(null as {{ dbt.type_string() }}) as category_name,
        cast(null as numeric(10, 2)) as list_price,
        cast(null as {{ type_double() }}) as weight_kg,
        cast(null as boolean) as is_active,
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
