with recursive

employees_rows as (

    select
        employee_id,
        manager_id

    from {{ ref('stg_shop__employees') }}

),

descended as (

    select
        tops.employee_id,
        1 as hierarchy_level,
        cast(tops.employee_id as {{ dbt.type_string() }}) as hierarchy_path

    from employees_rows as tops
    left join employees_rows as parents
        on
            tops.manager_id = parents.employee_id
            and tops.manager_id <> tops.employee_id
    where parents.employee_id is null

    union all

    select
        children.employee_id,
        descended.hierarchy_level + 1 as hierarchy_level,
        descended.hierarchy_path || '/' || cast(children.employee_id as {{ dbt.type_string() }}) as hierarchy_path

    from employees_rows as children
    inner join descended
        on children.manager_id = descended.employee_id
    where children.manager_id <> children.employee_id

)

select * from descended
