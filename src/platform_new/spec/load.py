"""Loads `platform.yml` and `sources/*.yml` into a `Spec`, and reports all errors of all files at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from platform_new.catalog import Catalog
from platform_new.documents.document import Document, read_document
from platform_new.errors import Problem, Refused
from platform_new.spec.base import AnySource
from platform_new.spec.defaults import complete
from platform_new.spec.events.models import EventSource
from platform_new.spec.invalid import validate
from platform_new.spec.models import Platform, Source, Spec, by_content
from platform_new.spec.rules import check

PLATFORM = "platform.yml"
SOURCES = "sources"
Model = TypeVar("Model", bound=BaseModel)


def load_spec(folder: Path, catalog: Catalog) -> Spec:
    """Read the spec of a repository; choices that it does not make get the defaults of their axes.

    Raises `Refused` with all problems of all files, each with its file (relative to the folder) and line.
    """
    if not (folder / PLATFORM).is_file():
        hint = "run this in a repository that platform-new generated, or generate one: `platform-new NAME`"
        raise Refused(Problem(f"there is no {PLATFORM} here", hint, value=str(folder)))
    sources = []
    for path in sorted((folder / SOURCES).glob("*.y*ml")):
        document = _read(folder, path.relative_to(folder))
        if path.suffix != ".yml":
            hint = f"rename it to {path.stem}.yml"
            problem = Problem("the file's name has to end in `.yml`", hint, document.file)
            document = Document(document.file, problems=[problem])
        elif isinstance(document.data, dict) and document.data.get("name", path.stem) != path.stem:
            hint = f"write `name: {path.stem}`, or rename the file"
            found = document.data["name"]
            reason = "the source's name differs from the file's name"
            document.problems.append(document.problem(("name",), reason, hint, found))
        sources.append(document)
    return make_spec(_read(folder, Path(PLATFORM)), [source_in(document) for document in sources], catalog)


def make_spec(platform: Document, sources: Sequence[tuple[AnySource | None, Document]], catalog: Catalog) -> Spec:
    """The spec of a platform's document and of sources; missing choices get the defaults of their axes.

    Each source comes with its document, which collects its problems; the source is None if the document holds none.
    Raises `Refused` with all problems of all documents: in their YAML, their values, and the rules between them.
    """
    chosen = _validated(Platform, platform)
    found = sorted(
        ((source, document) for source, document in sources if source),
        key=lambda pair: (pair[0].carries == "events", pair[0].name),
    )
    # Without validation, since an invalid platform is None here: the rules for sources are checked even so.
    spec = Spec.model_construct(
        platform=complete(chosen, catalog, [source for source, _ in found]) if chosen else None,
        **by_content(source for source, _ in found),
    )
    for finding in check(spec, catalog):
        document = platform if finding.source is None else found[finding.source][1]
        if not document.is_broken(finding.path):
            document.problems.append(document.problem(finding.path, finding.reason, finding.hint, finding.value))
    documents = [platform, *(document for _, document in sources)]
    problems = [problem for document in documents for problem in _in_order(document)]
    if problems:
        raise Refused(problems)
    return spec


def source_in(document: Document) -> tuple[AnySource | None, Document]:
    """The source that a document holds, for `make_spec`; errors are added to the document's problems."""
    return _validated(_model_of(document), document), document


def _model_of(document: Document) -> type[AnySource]:
    """Sources of events have topics instead of tables."""
    has_topics = isinstance(document.data, dict) and "topics" in document.data and "tables" not in document.data
    return EventSource if has_topics else Source


def parse_platform(text: str, file: str = PLATFORM) -> Platform:
    """The platform that a YAML text describes. Raises `Refused` with all problems; choices are not looked up."""
    return _parsed(Platform, read_document(text, file))


def parse_source(text: str, file: str) -> AnySource:
    """The source that a YAML text describes. Raises `Refused` with all problems; rules are not checked."""
    return _parsed(_model_of(document := read_document(text, file)), document)


def locate(
    folder: Path, source: str, name: str | None = None, within: Sequence[str] = ("tables", "streams")
) -> tuple[str, int]:
    """The file (relative to the folder) and line where the spec defines a source, or a table or stream of it."""
    file = Path(SOURCES) / f"{source}.yml"
    document = _read(folder, file)
    for key in within:
        entries = (document.data or {}).get(key)
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            if name and isinstance(entry, dict) and entry.get("name") == name:
                return document.file, document.line((key, index)) or 1
    return document.file, 1


def _parsed(model: type[Model], document: Document) -> Model:
    parsed = _validated(model, document)
    if document.problems or parsed is None:
        raise Refused(document.problems)
    return parsed


def _read(folder: Path, file: Path) -> Document:
    try:
        text = (folder / file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = (folder / file).read_bytes()[: error.start].count(b"\n") + 1
        return Document(
            file.as_posix(), problems=[Problem("this is not UTF-8", "save the file as UTF-8", file.as_posix(), line)]
        )
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}"
        return Document(file.as_posix(), problems=[Problem(reason, file=file.as_posix())])
    return read_document(text, file.as_posix())


def _validated(model: type[Model], document: Document) -> Model | None:
    return validate(model, document) if document.data is not None else None


def _in_order(document: Document) -> list[Problem]:
    return sorted(dict.fromkeys(document.problems), key=lambda problem: problem.line or 0)
