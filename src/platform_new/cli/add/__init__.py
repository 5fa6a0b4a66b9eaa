"""`platform-new add`: add a source, a table or topic of a source, or a stream of a topic; one module per command."""

from __future__ import annotations

import typer

from platform_new.cli.add.source import add_source
from platform_new.cli.add.stream import add_stream
from platform_new.cli.add.table import add_table
from platform_new.cli.add.topic import add_topic

HELP = """\
Add a source, a table or topic of a source, or a stream. What introspection proposes comes with its reason.

\b
platform-new add source crm --from postgresql://me:secret@db.example.com/crm
platform-new add table reviews
platform-new add topic web.orders.v1 --source web --from orders.jsonl.gz
platform-new add stream logins --topic logins
"""
app = typer.Typer(help=HELP, rich_markup_mode=None, no_args_is_help=True, add_completion=False)
app.command("source", short_help="Add a source")(add_source)
app.command("table", short_help="Add a table of a source")(add_table)
app.command("topic", short_help="Add a topic of a source of events")(add_topic)
app.command("stream", short_help="Add a stream of a topic")(add_stream)
