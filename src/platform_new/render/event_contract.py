"""The properties of an event in a data contract (Open Data Contract Standard 3.1), with nested objects and lists."""

from __future__ import annotations

from collections.abc import Iterator

from platform_new.plan.streams import PlannedTopic
from platform_new.render.json_schema import number
from platform_new.render.odcs import classification, logical_type
from platform_new.render.quoting import yaml
from platform_new.spec.events.models import OBJECT, EventField


def event_properties(topic: PlannedTopic, indent: int) -> str:
    """The list of the event's properties; `indent` is the indentation of its dashes."""
    spec = topic.spec
    lines: list[str] = []
    for field in spec.fields:
        more = ["required: true"] if field.required or field.name == spec.event_time else []
        more += ["partitioned: true", "partitionKeyPosition: 1"] if field.name == spec.key else []
        lines += _item(field, more)
    return "\n".join(" " * indent + line for line in lines)


def _item(field: EventField, more: list[str]) -> Iterator[str]:
    yield f"- name: {yaml(field.name)}"
    if field.source_name != field.name:
        yield f"  physicalName: {yaml(field.source_name)}"
    if field.description:
        yield f"  description: {yaml(field.description)}"
    yield from (f"  {line}" for line in more)
    if field.pii:
        yield f"  classification: {classification(field.pii)}"
        yield f"  tags: [pii, {field.pii}]"
    if field.repeated:
        yield "  logicalType: array"
        yield "  items:"
    yield from (f"{' ' * (4 if field.repeated else 2)}{line}" for line in _value(field))


def _value(field: EventField) -> Iterator[str]:
    if field.type == OBJECT:
        yield "logicalType: object"
        yield "properties:"
        for each in field.fields:
            yield from (f"  {line}" for line in _item(each, ["required: true"] if each.required else []))
        return
    kind = logical_type(field.type)
    if kind:
        yield f"logicalType: {kind}"
    yield f"physicalType: {yaml(field.type)}"
    if kind in ("integer", "number"):
        bounds = {"minimum": field.min, "maximum": field.max}
        given = [f"  {name}: {yaml(number(bound))}" for name, bound in bounds.items() if bound is not None]
        yield from ["logicalTypeOptions:", *given] if given else []
    if field.values and kind:
        yield "quality:"
        yield "  - metric: invalidValues"
        yield "    mustBe: 0"
        yield "    dimension: conformity"
        yield "    arguments:"
        yield "      validValues:"
        yield from (f"        - {yaml(value)}" for value in field.values)


FILTERS = {"event_properties": event_properties}
