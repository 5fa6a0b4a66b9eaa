with

days as (

    {{ calendar_days() }}

),

numbered as (

    select
        date_day,
        {{ date_number('year', 'date_day') }} as year_number,
        {{ date_number('quarter', 'date_day') }} as quarter_number,
        {{ first_day('quarter', 'date_day') }} as quarter_start_date,
        {{ date_number('month', 'date_day') }} as month_number,
        {{ first_day('month', 'date_day') }} as month_start_date,
        {{ day_of_year('date_day') }} as day_of_year,
        {{ date_number('day', 'date_day') }} as day_of_month,
        cast({{ iso_weekday('date_day') }} as {{ dbt.type_int() }}) as day_of_week

    from days

),

shifted as (

    select
        numbered.*,
        -- An ISO week belongs to the year that has its Thursday.
        cast({{ dbt.dateadd('day', '(4 - day_of_week)', 'date_day') }} as date) as thursday_of_week,
        -- The fiscal year is the calendar year.
        numbered.month_start_date as fiscal_month_date

    from numbered

),

described as (

    select
        {{ date_key('date_day') }} as date_key,
        date_day,

        ---------- year, quarter and month
        year_number,
        quarter_number,
        {{ year_and('quarter_number', prefix='Q') }} as year_quarter,
        quarter_start_date,
        month_number,
        {{ month_name('month_number') }} as month_name,
        {{ month_name('month_number', length=3) }} as month_short_name,
        {{ year_and('month_number', digits=2) }} as year_month,
        month_start_date,

        ---------- week and day
        {{ date_number('year', 'thursday_of_week') }} as iso_year,
        cast(floor(({{ day_of_year('thursday_of_week') }} - 1) / 7) as {{ dbt.type_int() }}) + 1 as iso_week,
        cast({{ dbt.dateadd('day', '(1 - day_of_week)', 'date_day') }} as date) as week_start_date,
        day_of_year,
        day_of_month,
        day_of_week,
        {{ day_name('day_of_week') }} as day_name,

        ---------- fiscal year
        {{ date_number('year', 'fiscal_month_date') }} as fiscal_year,
        {{ date_number('quarter', 'fiscal_month_date') }} as fiscal_quarter,
        {{ date_number('month', 'fiscal_month_date') }} as fiscal_month,

        ---------- booleans
        day_of_week >= 6 as is_weekend,
        date_day = {{ dbt.last_day('date_day', 'month') }} as is_last_day_of_month

    from shifted

),

unknown_member as (

    select
        -1 as date_key,
        cast(null as date) as date_day,
        cast(null as {{ dbt.type_int() }}) as year_number,
        cast(null as {{ dbt.type_int() }}) as quarter_number,
        'Unknown' as year_quarter,
        cast(null as date) as quarter_start_date,
        cast(null as {{ dbt.type_int() }}) as month_number,
        'Unknown' as month_name,
        'Unknown' as month_short_name,
        'Unknown' as year_month,
        cast(null as date) as month_start_date,
        cast(null as {{ dbt.type_int() }}) as iso_year,
        cast(null as {{ dbt.type_int() }}) as iso_week,
        cast(null as date) as week_start_date,
        cast(null as {{ dbt.type_int() }}) as day_of_year,
        cast(null as {{ dbt.type_int() }}) as day_of_month,
        cast(null as {{ dbt.type_int() }}) as day_of_week,
        'Unknown' as day_name,
        cast(null as {{ dbt.type_int() }}) as fiscal_year,
        cast(null as {{ dbt.type_int() }}) as fiscal_quarter,
        cast(null as {{ dbt.type_int() }}) as fiscal_month,
        cast(null as boolean) as is_weekend,
        cast(null as boolean) as is_last_day_of_month

),

final as (

    select * from described
    union all
    select * from unknown_member

)

select * from final
