with

source as (

    select * from {{ source('shop', 'employees') }}

),

renamed as (

    select
        ---------- ids
        cast(employee_id as {{ dbt.type_int() }}) as employee_id,
        cast(manager_id as {{ dbt.type_int() }}) as manager_id,

        ---------- text
        cast(name as {{ dbt.type_string() }}) as name,
        cast(job_title as {{ dbt.type_string() }}) as job_title,

        ---------- dates
        cast(hired_on as date) as hired_on

    from source

)

select * from renamed
