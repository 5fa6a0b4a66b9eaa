"""The proposed roles of tables."""

from __future__ import annotations

from platform_new.introspect.roles import Field, Pointer, Shape, propose_roles

CUSTOMER = Shape("customer", (Field("customer_id", "bigint", True), Field("name", "text", True)), ("customer_id",))


def test_a_header_without_measures_is_a_fact_if_its_name_is_an_event():
    orders = Shape(
        "orders",
        (
            Field("order_id", "bigint", True),
            Field("customer_id", "bigint", True),
            Field("ordered_at", "timestamp", True),
        ),
        ("order_id",),
        (Pointer(("customer_id",), "customer", True),),
    )
    lines = Shape(
        "order_lines",
        (Field("line_id", "bigint", True), Field("order_id", "bigint", True), Field("quantity", "integer", True)),
        ("line_id",),
        (Pointer(("order_id",), "orders", True),),
    )
    roles = propose_roles([CUSTOMER, orders, lines])
    assert roles["orders"].role == "fact"
    assert (roles["order_lines"].role, roles["order_lines"].line_of) == ("fact", "orders")
    assert roles["customer"].role == "dimension"
