{% snapshot snap_shop__categories %}

{{ rows_to_record(ref('int_categories_current')) }}

{% endsnapshot %}
