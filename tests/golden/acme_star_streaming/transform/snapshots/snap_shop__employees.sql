{% snapshot snap_shop__employees %}

{{ rows_to_record(ref('int_employees_current')) }}

{% endsnapshot %}
