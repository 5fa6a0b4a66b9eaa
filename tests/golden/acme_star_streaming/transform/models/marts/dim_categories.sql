with

categories as (

    select * from {{ ref('stg_shop__categories') }}

),

parent_hierarchy as (

    select * from {{ ref('int_categories_parent_hierarchy') }}

),

joined as (

    select
        {{ surrogate_key(['categories.category_id']) }} as category_key,

        ---------- ids
        categories.category_id,
        categories.parent_id,

        ---------- text
        categories.name,
        parent_hierarchy.hierarchy_path as parent_path,

        ---------- numbers
        parent_hierarchy.hierarchy_level as parent_level

    from categories
    left join parent_hierarchy
        on categories.category_id = parent_hierarchy.category_id

),

unknown_member as (

    select
        {{ unknown_key() }} as category_key,
        cast(null as {{ dbt.type_int() }}) as category_id,
        cast(null as {{ dbt.type_int() }}) as parent_id,
        cast(null as {{ dbt.type_string() }}) as name,
        cast(null as {{ dbt.type_string() }}) as parent_path,
        cast(null as {{ dbt.type_int() }}) as parent_level

),

final as (

    select * from joined
    union all
    select * from unknown_member

)

select * from final
