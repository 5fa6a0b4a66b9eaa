"""Files that describe events: samples or a schema. The file's name says which."""

from __future__ import annotations

from collections.abc import Callable

from platform_new.introspect.address import Address
from platform_new.introspect.event_topic import Reasons
from platform_new.spec.streams import EventSource


def look_at_event_file(
    address: Address, name: str | None, progress: Callable[[str], None]
) -> tuple[EventSource, Reasons]:
    """The proposed source, and the reason for each proposal by its path in the spec.

    Raises `Refused` if the file cannot be used.
    """
    file = address.path.name.lower() if address.path else ""
    if file.endswith(".avsc"):
        from platform_new.introspect.event_avro import look_at_avro as look
    elif file.endswith(".json"):
        from platform_new.introspect.event_schema import look_at_json_schema as look
    else:
        from platform_new.introspect.events import look_at_events as look
    return look(address, name, progress)
