with

employees as (

    select * from {{ ref('stg_shop__employees') }}

),

manager_hierarchy as (

    select * from {{ ref('int_employees_manager_hierarchy') }}

),

final as (

    select
        ---------- ids
        employees.employee_id,
        employees.manager_id,

        ---------- text
        employees.name,
        employees.job_title,
        manager_hierarchy.hierarchy_path as manager_path,

        ---------- numbers
        manager_hierarchy.hierarchy_level as manager_level,

        ---------- dates
        employees.hired_on

    from employees
    left join manager_hierarchy
        on employees.employee_id = manager_hierarchy.employee_id

)

select * from final
