"""Plans of small specs, written in a line for each table."""

from __future__ import annotations

from platform_new.catalog import load_catalog
from platform_new.plan import make_plan
from platform_new.spec.models import Platform, Source, Spec


def table(name: str, columns: str, **options):
    """A table from a compact line: `id:bigint! customer_id:bigint>customer.id`; `!` is required, `>` refers."""
    parsed = []
    for word in columns.split():
        head, _, target = word.partition(">")
        column, _, type_ = head.partition(":")
        parsed.append(
            {
                "name": column,
                "type": type_.rstrip("!") or "text",
                "required": head.endswith("!"),
                "references": target or None,
            }
        )
    return {"name": name, "key": [parsed[0]["name"]], "columns": parsed, **options}


def plan_of(*tables, modeling="star", **platform):
    source = Source.model_validate({"name": "shop", "kind": "postgres", "tables": list(tables)})
    return make_plan(
        Spec(platform=Platform(name="acme", modeling=modeling, **platform), sources=(source,)), load_catalog()
    )


def mart(plan, name):
    return next(mart for mart in plan.marts if mart.name == name)


def columns(plan, name):
    return [column.name for column in mart(plan, name).columns]


COUNTRY = table("country", "country_id:bigint! country:text", role="reference")
CITY = table("city", "city_id:bigint! city:text country_id:bigint>country.country_id", role="reference")
CUSTOMER = table("customer", "customer_id:bigint! name:text city_id:bigint>city.city_id")
INCREMENTAL = {"mode": "incremental", "cursor": "updated_at", "lag": "1 day"}
ORDER = table(
    "orders",
    "order_id:bigint! customer_id:bigint>customer.customer_id ordered_at:timestamp! status:text freight:numeric(10,2)",
    role="fact",
    event_time="ordered_at",
)
LINE = table(
    "order_line",
    "line_id:bigint! order_id:bigint!>orders.order_id quantity:integer",
    role="fact",
    line_of="orders",
)
