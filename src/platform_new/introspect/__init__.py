"""Introspection: proposes a spec for a database or a folder of files, with a reason for each proposal.

Engines read catalogs (`engines/`). Everything after that is pure: `propose` and the functions it calls have no I/O.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from platform_new.errors import Problem, Refused
from platform_new.introspect.address import EVENTS, parse_address
from platform_new.introspect.propose import propose
from platform_new.spec.events.models import EventSource
from platform_new.spec.models import Source

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Introspection:
    """The result of introspection: the proposed source, and the reason for each proposal by its path in the spec.

    A path is like `("tables", "orders", "role")` or `("tables", "orders", "columns", "email", "pii")`. `notices` are
    sentences to print at once, about skipped files and rejected lines.
    """

    source: Source | EventSource
    reasons: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


def introspect(
    address: str,
    *,
    name: str | None = None,
    schemas: Sequence[str] = (),
    views: bool = False,
    known: Source | None = None,
    progress: Progress | None = None,
) -> Introspection:
    """Introspect a database URL, a folder of files, or a file of sample events or their schema, and propose a source.

    It only reads.

    `name` is the source's name (by default the database's or the folder's), `schemas` limits introspection to these
    schemas, `views` includes views. A column that the `known` source loads is not excluded as a credential. Raises
    `Refused`, without the password, if the source cannot be used.
    """
    target = parse_address(address)
    if target.kind == EVENTS:
        from platform_new.introspect.events.files import introspect_event_file

        return Introspection(*introspect_event_file(target, name, progress or (lambda _: None)))
    engine = importlib.import_module(f"platform_new.introspect.engines.{target.kind}")
    found = engine.read(target, schemas=tuple(schemas), views=views, progress=progress or (lambda _: None), known=known)
    if not found.tables:
        reason = "; ".join(("the source has no tables", *found.left_out))
        hint = "check the address" + (", and that the user may read the schemas" if target.path is None else "")
        hint = f"fix the skipped files or tables, or {hint}" if found.left_out else hint
        raise Refused(Problem(reason, hint, value=str(target.path) if target.path else target.shown))
    source, reasons = propose(found, name, known=known)
    return Introspection(source, reasons, found.notices)
