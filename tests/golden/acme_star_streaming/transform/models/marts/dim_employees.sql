with

employees as (

    select * from {{ ref('snap_shop__employees') }}

),

versions as (

    select
        ---------- ids
        employee_id,
        manager_id,

        ---------- text
        name,
        job_title,
        manager_path,

        ---------- numbers
        manager_level,

        ---------- dates
        hired_on,

        ---------- validity
        case
            when row_number() over (
                partition by employee_id order by dbt_valid_from
            ) = 1 then {{ beginning_of_time() }}
            else dbt_valid_from
        end as valid_from,
        coalesce(dbt_valid_to, {{ end_of_time() }}) as valid_to,
        dbt_valid_to is null as is_current

    from employees

),

keyed as (

    select
        {{ surrogate_key(['employee_id', 'valid_from']) }} as employee_key,
        versions.*

    from versions

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
        cast(null as date) as hired_on,
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
