with

source as (

    select * from {{ source('surveys', 'questions') }}

),

renamed as (

    select
        ---------- ids
        cast(question_id as {{ dbt.type_int() }}) as question_id,

        ---------- text
        cast(text as {{ dbt.type_string() }}) as text

    from source

)

select * from renamed
