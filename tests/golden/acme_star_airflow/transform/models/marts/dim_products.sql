with

products as (

    select * from {{ ref('snap_shop__products') }}

),

versions as (

    select
        ---------- ids
        product_id,
        category_id,
        category_parent_id,

        ---------- text
        sku,
        name,
        category_name,

        ---------- numbers
        list_price,
        weight_kg,

        ---------- booleans
        is_active,

        ---------- validity
        case
            when row_number() over (
                partition by product_id order by dbt_valid_from
            ) = 1 then {{ beginning_of_time() }}
            else dbt_valid_from
        end as valid_from,
        coalesce(dbt_valid_to, {{ end_of_time() }}) as valid_to,
        dbt_valid_to is null as is_current

    from products

),

keyed as (

    select
        {{ surrogate_key(['product_id', 'valid_from']) }} as product_key,
        versions.*

    from versions

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

    select * from keyed
    union all
    select * from unknown_member

)

select * from final
