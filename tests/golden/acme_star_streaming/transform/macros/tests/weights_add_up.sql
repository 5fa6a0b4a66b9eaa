{#- Fails where the weights of a whole do not add up to one, but for the precision of floating-point numbers. -#}
{% test weights_add_up(model, weight, of) %}

select
    {{ of }},
    sum({{ weight }}) as total

from {{ model }}
where {{ of }} is not null
group by {{ of }}
having abs(sum({{ weight }}) - 1) > 0.000001

{% endtest %}
