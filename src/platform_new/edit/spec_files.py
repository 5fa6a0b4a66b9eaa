"""The spec files of a repository, edited in memory: nothing is written until the whole spec is valid."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from platform_new.documents.suggest import did_you_mean
from platform_new.edit.rewrite import Renames, rewrite_source
from platform_new.errors import Problem, Refused
from platform_new.spec.base import AnySource
from platform_new.spec.events.models import EventSource
from platform_new.spec.load import PLATFORM, SOURCES, parse_source
from platform_new.spec.models import Source, by_content
from platform_new.spec.write import Reasons


class SpecFiles:
    """The texts of `platform.yml` and `sources/*.yml` by path, before and after edits.

    Raises `Refused` if a file cannot be read.
    """

    def __init__(self, folder: Path):
        places = [folder / PLATFORM, *sorted((folder / SOURCES).glob("*.y*ml"))]
        self._before = {place.relative_to(folder).as_posix(): _read(folder, place) for place in places}
        self._links = {path for path in self._before if (folder / path).is_symlink()}
        self._after = dict(self._before)

    @property
    def changes(self) -> Mapping[str, bytes | None]:
        """The new contents of the changed files; None for a removed file."""
        paths = sorted(self._before.keys() | self._after.keys())
        return {
            path: self._after[path].encode() if path in self._after else None
            for path in paths
            if self._before.get(path) != self._after.get(path)
        }

    @property
    def source_names(self) -> list[str]:
        """The names of the sources, from their file names."""
        return [Path(path).stem for path in self._after if path.startswith(f"{SOURCES}/")]

    def before(self, path: str) -> str:
        """A file's text before all edits; empty if the file is new."""
        return self._before.get(path, "")

    def text(self, path: str) -> str:
        """A file's current text."""
        return self._after[path]

    def put(self, path: str, text: str) -> None:
        """Set a file's text. Raises `Refused` for a link, whose target may be shared."""
        if path in self._links and text != self._before[path]:
            raise Refused(Problem("this is a link to another file", "edit that file by hand, then update", path))
        self._after[path] = text

    def source(self, name: str) -> AnySource:
        """The source with that name. Raises `Refused` if there is none, or with every problem of its file."""
        path = source_path(name)
        if path not in self._after:
            hint = did_you_mean(name, self.source_names) or "add it: `platform-new add source NAME --from ADDRESS`"
            raise Refused(Problem("unknown source", hint, value=name))
        return parse_source(self.text(path), path)

    def sources(self) -> list[Source]:
        """The sources of tables, sorted by name.

        Raises `Refused` with every problem of the first invalid source, of either kind.
        """
        return list(by_content(self._all())["sources"])

    def event_sources(self) -> list[EventSource]:
        """The sources of events, sorted by name. Raises `Refused` as `sources` does."""
        return list(by_content(self._all())["event_sources"])

    def _all(self) -> list[AnySource]:
        return [self.source(name) for name in sorted(self.source_names)]

    def change_source(self, after: AnySource, renames: Renames = {}, reasons: Reasons = {}) -> None:  # noqa: B006
        """Rewrite a source's file to match `after`, as `rewrite_source` does."""
        path = source_path(after.name)
        self.put(path, rewrite_source(self.text(path), path, after, renames=renames, reasons=reasons))

    def add_source(self, name: str, text: str) -> None:
        """Add a source's file. Raises `Refused` if the name is taken."""
        if name in self.source_names:
            raise Refused(
                Problem("a source with this name exists", "choose another name", source_path(name), value=name)
            )
        self.put(source_path(name), text)

    def remove_source(self, name: str) -> None:
        """Remove a source's file."""
        del self._after[source_path(name)]

    @contextlib.contextmanager
    def written(self) -> Iterator[Path]:
        """A temporary folder with the current spec, for the block."""
        with tempfile.TemporaryDirectory(prefix="platform-new-") as name:
            folder = Path(name)
            for path, text in self._after.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(text.encode())
            yield folder


def source_path(name: str) -> str:
    """The path of a source's file."""
    return f"{SOURCES}/{name}.yml"


def _read(folder: Path, place: Path) -> str:
    file = place.relative_to(folder).as_posix()
    try:
        return place.read_bytes().decode()
    except UnicodeDecodeError:
        raise Refused(Problem("this is not UTF-8", "save the file as UTF-8", file)) from None
    except OSError as error:
        raise Refused(Problem(f"the file cannot be read: {error.strerror}", "make it readable", file)) from None
