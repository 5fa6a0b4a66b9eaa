{% snapshot snap_shop__promotions %}

{{ rows_to_record(ref('stg_shop__promotions')) }}

{% endsnapshot %}
