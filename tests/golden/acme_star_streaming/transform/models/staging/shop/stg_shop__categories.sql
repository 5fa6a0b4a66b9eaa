with

source as (

    select * from {{ source('shop', 'categories') }}

),

renamed as (

    select
        ---------- ids
        cast(category_id as {{ dbt.type_int() }}) as category_id,
        cast(parent_id as {{ dbt.type_int() }}) as parent_id,

        ---------- text
        cast(name as {{ dbt.type_string() }}) as name

    from source

)

select * from renamed
