"""Files that describe events: samples or a schema. The file's name says which."""

from __future__ import annotations

from collections.abc import Callable

from platform_new.introspect.address import Address
from platform_new.introspect.events.topic import Reasons
from platform_new.spec.events.models import EventSource


def introspect_event_file(
    address: Address, name: str | None, progress: Callable[[str], None]
) -> tuple[EventSource, Reasons]:
    """The proposed source, and the reason for each proposal by its path in the spec.

    Raises `Refused` if the file cannot be used.
    """
    file = address.path.name.lower() if address.path else ""
    if file.endswith(".avsc"):
        from platform_new.introspect.events.avro import introspect_avro as introspect
    elif file.endswith(".json"):
        from platform_new.introspect.events.schema import introspect_json_schema as introspect
    else:
        from platform_new.introspect.events.propose import introspect_samples as introspect
    return introspect(address, name, progress)
