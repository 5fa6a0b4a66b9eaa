with recursive

categories_rows as (

    select
        category_id,
        parent_id

    from {{ ref('stg_shop__categories') }}

),

descended as (

    select
        tops.category_id,
        1 as hierarchy_level,
        cast(tops.category_id as {{ dbt.type_string() }}) as hierarchy_path

    from categories_rows as tops
    left join categories_rows as parents
        on
            tops.parent_id = parents.category_id
            and tops.parent_id <> tops.category_id
    where parents.category_id is null

    union all

    select
        children.category_id,
        descended.hierarchy_level + 1 as hierarchy_level,
        descended.hierarchy_path || '/' || cast(children.category_id as {{ dbt.type_string() }}) as hierarchy_path

    from categories_rows as children
    inner join descended
        on children.parent_id = descended.category_id
    where children.parent_id <> children.category_id

)

select * from descended
