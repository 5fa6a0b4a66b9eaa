with

answers as (

    select * from {{ ref('stg_surveys__answers') }}

),

questions as (

    select * from {{ ref('stg_surveys__questions') }}

),

final as (

    select
        ---------- answers
        answers.answer_id,
        answers.question_id,
        answers.comment,
        answers.score,
        answers.answered_at,

        ---------- question
        question.text as question_text

    from answers
    left join questions as question
        on answers.question_id = question.question_id

)

select * from final
