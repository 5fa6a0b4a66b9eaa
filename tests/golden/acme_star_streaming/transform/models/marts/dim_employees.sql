with

employees as (

    select * from {{ ref('stg_shop__employees') }}

),

manager_hierarchy as (

    select * from {{ ref('int_employees_manager_hierarchy') }}

),

joined as (

    select
        {{ surrogate_key(['employees.employee_id']) }} as employee_key,

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

),

unknown_member as (

    select
        {{ unknown_key() }} as employee_key,
        cast(null as {{ dbt.type_int() }}) as employee_id,
        cast(null as {{ dbt.type_int() }}) as manager_id,
        cast(null as {{ dbt.type_string() }}) as name,
        cast(null as {{ dbt.type_string() }}) as job_title,
        cast(null as {{ dbt.type_string() }}) as manager_path,
        cast(null as {{ dbt.type_int() }}) as manager_level,
        cast(null as date) as hired_on

),

final as (

    select * from joined
    union all
    select * from unknown_member

)

select * from final
