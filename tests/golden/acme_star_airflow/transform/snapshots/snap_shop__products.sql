{% snapshot snap_shop__products %}

{{ rows_to_record(ref('int_products_current'), changed_at='changed_at') }}

{% endsnapshot %}
