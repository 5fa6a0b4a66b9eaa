{% snapshot snap_shop__addresses %}

{{ rows_to_record(ref('int_addresses_current'), changed_at='changed_at') }}

{% endsnapshot %}
