with

categories as (

    select * from {{ ref('stg_shop__categories') }}

),

parent_hierarchy as (

    select * from {{ ref('int_categories_parent_hierarchy') }}

),

final as (

    select
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

)

select * from final
