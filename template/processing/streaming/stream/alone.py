"""One at a time: whoever mends the tables of a stream has them for itself.

The job is not kept out, and need not be: those who mend touch only the rows of batches that are
written as a whole, and the job adds only rows of later ones.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stream.errors import StreamError
from stream.model import Stream
from stream.settings import DATA, checkpoints


@contextmanager
def alone(stream: Stream) -> Iterator[None]:
    """Hold the stream's lock; the end of the process frees it, however it ends.

    Raises `StreamError` if another process has it. Of a lake that is not a folder of this machine,
    only processes of this machine are kept apart.
    """
    folder = checkpoints(stream.source)
    local = DATA / "locks" if "://" in folder else Path(folder)
    local.mkdir(parents=True, exist_ok=True)
    with (local / f"{stream.query}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StreamError(
                f"{stream.query} is being replayed, repaired or maintained by another process. "
                "Wait until that has ended."
            ) from error
        yield
