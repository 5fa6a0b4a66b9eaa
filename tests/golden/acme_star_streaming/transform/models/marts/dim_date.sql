with

days as (

    {{ dbt.date_spine('day', day(var('calendar_start')), day(var('calendar_end'))) }}

),

described as (

    select
        {{ date_key('date_day') }} as date_key,
        cast(date_day as date) as date_day,
        cast(extract(year from date_day) as {{ dbt.type_int() }}) as year_number,
        cast(extract(quarter from date_day) as {{ dbt.type_int() }}) as quarter_number,
        cast(extract(month from date_day) as {{ dbt.type_int() }}) as month_number,
        cast(extract(day from date_day) as {{ dbt.type_int() }}) as day_of_month,
        cast({{ iso_weekday('date_day') }} as {{ dbt.type_int() }}) as day_of_week,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start_date,
        {{ iso_weekday('date_day') }} >= 6 as is_weekend

    from days

),

unknown_member as (

    select
        -1 as date_key,
        cast(null as date) as date_day,
        cast(null as {{ dbt.type_int() }}) as year_number,
        cast(null as {{ dbt.type_int() }}) as quarter_number,
        cast(null as {{ dbt.type_int() }}) as month_number,
        cast(null as {{ dbt.type_int() }}) as day_of_month,
        cast(null as {{ dbt.type_int() }}) as day_of_week,
        cast(null as date) as month_start_date,
        cast(null as boolean) as is_weekend

),

final as (

    select * from described
    union all
    select * from unknown_member

)

select * from final
