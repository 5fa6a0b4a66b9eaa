"""The lake of the sample events: apart from that of the topics, and made anew by each run over them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ingest.lakes import SAMPLE_LAKES, use_lakes_in
from stream.model import Stream
from stream.settings import ROOT, checkpoints, lake


def begin_anew(streams: Sequence[Stream]) -> None:
    """Have this process write these streams there, whatever the variables say, and remove what earlier runs made."""
    use_lakes_in(ROOT / SAMPLE_LAKES, {stream.source for stream in streams})
    for stream in streams:
        table = f"{lake(stream.source)}/{stream.name}"
        checkpoint = f"{checkpoints(stream.source)}/{stream.name}"
        for folder in (table, f"{table}__late", f"{table}__dead_letters", checkpoint):
            if Path(folder).exists():
                shutil.rmtree(folder)
