with

categories as (

    select * from {{ ref('snap_shop__categories') }}

),

versions as (

    select
        ---------- ids
        category_id,
        parent_id,

        ---------- text
        name,
        parent_path,

        ---------- numbers
        parent_level,

        ---------- validity
        case
            when row_number() over (
                partition by category_id order by dbt_valid_from
            ) = 1 then {{ beginning_of_time() }}
            else dbt_valid_from
        end as valid_from,
        coalesce(dbt_valid_to, {{ end_of_time() }}) as valid_to,
        dbt_valid_to is null as is_current

    from categories

),

keyed as (

    select
        {{ surrogate_key(['category_id', 'valid_from']) }} as category_key,
        versions.*

    from versions

),

unknown_member as (

    select
        {{ unknown_key() }} as category_key,
        cast(null as {{ dbt.type_int() }}) as category_id,
        cast(null as {{ dbt.type_int() }}) as parent_id,
        cast(null as {{ dbt.type_string() }}) as name,
        cast(null as {{ dbt.type_string() }}) as parent_path,
        cast(null as {{ dbt.type_int() }}) as parent_level,
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
