{% snapshot snap_shop__customers %}

{{ rows_to_record(ref('int_customers_current'), changed_at='changed_at') }}

{% endsnapshot %}
