with

source as (

    select * from {{ source('surveys', 'answers') }}

),

renamed as (

    select
        ---------- ids
        cast(answer_id as {{ dbt.type_string() }}) as answer_id,
        cast(question_id as {{ dbt.type_int() }}) as question_id,

        ---------- text
        cast(comment as {{ dbt.type_string() }}) as comment,

        ---------- numbers
        cast(score as {{ dbt.type_int() }}) as score,

        ---------- times
        {{ utc('answered_at') }} as answered_at

    from source

)

select * from renamed
