"""From `platform.yml` and `sources/*.yml` to a `Spec`, with every error of every file in one refusal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from platform_new.catalog import Catalog
from platform_new.errors import Problem, Refused
from platform_new.spec.document import Document, read_document
from platform_new.spec.invalid import validate
from platform_new.spec.models import Platform, Source, Spec
from platform_new.spec.rules import Finding, check

PLATFORM = "platform.yml"
SOURCES = "sources"
Model = TypeVar("Model", bound=BaseModel)


def load_spec(folder: Path, catalog: Catalog) -> Spec:
    """Read the spec of a repository, with the axes' defaults for choices that it does not make.

    Raises `Refused` with all problems of all files, each with its file (relative to the folder) and line.
    """
    if not (folder / PLATFORM).is_file():
        cure = "run this in a repository that platform-new made, or create one: platform-new NAME"
        raise Refused(Problem(f"there is no {PLATFORM} here", cure, value=str(folder)))
    documents, problems = [_read(folder, Path(PLATFORM))], []
    platform = _validated(Platform, documents[0])
    sources: dict[str, tuple[Source, Document]] = {}
    for path in sorted((folder / SOURCES).glob("*")):
        file = path.relative_to(folder)
        if path.suffix == ".yaml":
            problems.append(Problem("the file's name has to end in `.yml`", f"rename it to {path.stem}.yml", file.as_posix()))
        if path.suffix != ".yml" or not path.is_file():
            continue
        document = _read(folder, file)
        documents.append(document)
        if source := _validated(Source, document):
            if source.name != path.stem:
                cure = f"call the file `{source.name}.yml`, or write `name: {path.stem}`"
                document.problems.append(document.problem(("name",), "the file has another name", cure, source.name))
            sources.setdefault(source.name, (source, document))
    spec = Spec.model_construct(platform=platform, sources=tuple(source for source, _ in sources.values()))
    by_name = {name: document for name, (_, document) in sources.items()}
    return _checked(spec, catalog, documents, by_name, problems)


def parse_spec(platform: str, file: str, sources: Iterable[tuple[str, str]], catalog: Catalog) -> Spec:
    """The spec of a platform's text and of sources' (text, file) pairs. Raises `Refused` with all problems."""
    documents = [read_document(platform, file)]
    parsed = _validated(Platform, documents[0])
    by_name: dict[str, Document] = {}
    found: list[Source] = []
    for text, name in sources:
        documents.append(read_document(text, name))
        if source := _validated(Source, documents[-1]):
            found.append(source)
            by_name.setdefault(source.name, documents[-1])
    return _checked(Spec.model_construct(platform=parsed, sources=tuple(found)), catalog, documents, by_name, [])


def parse_platform(text: str, file: str = PLATFORM) -> Platform:
    """The platform that a YAML text describes. Raises `Refused` with all problems; choices are not looked up."""
    return _parse(Platform, text, file)


def parse_source(text: str, file: str) -> Source:
    """The source that a YAML text describes. Raises `Refused` with all problems; rules are not checked."""
    return _parse(Source, text, file)


def complete(platform: Platform, catalog: Catalog) -> Platform:
    """The platform with the axes' defaults for choices that it does not make."""
    missing = {axis.name: axis.default for axis in catalog.questions if not getattr(platform, axis.name, None)}
    return platform.model_copy(update=missing)


def locate(folder: Path, source: str, table: str | None = None) -> tuple[str, int]:
    """The file (relative to the folder) and line where the spec speaks of a source, or of one of its tables."""
    file = Path(SOURCES) / f"{source}.yml"
    document = _read(folder, file)
    tables = (document.data or {}).get("tables") or []
    for index, entry in enumerate(tables if isinstance(tables, list) else []):
        if table and isinstance(entry, dict) and entry.get("name") == table:
            return document.file, document.line(("tables", index)) or 1
    return document.file, 1


def _parse(model: type[Model], text: str, file: str) -> Model:
    document = read_document(text, file)
    parsed = _validated(model, document)
    if document.problems or parsed is None:
        raise Refused(document.problems)
    return parsed


def _read(folder: Path, file: Path) -> Document:
    try:
        text = (folder / file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = (folder / file).read_bytes()[: error.start].count(b"\n") + 1
        return Document(file.as_posix(), problems=[Problem("this is not UTF-8", "save the file as UTF-8", file.as_posix(), line)])
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}"
        return Document(file.as_posix(), problems=[Problem(reason, file=file.as_posix())])
    return read_document(text, file.as_posix())


def _validated(model: type[Model], document: Document) -> Model | None:
    return validate(model, document) if document.data is not None else None


def _checked(
    spec: Spec, catalog: Catalog, documents: list[Document], by_name: dict[str, Document], problems: list[Problem]
) -> Spec:
    """The spec with the rules checked; raises `Refused` if anything at all is wrong."""
    if spec.platform is not None:
        spec = Spec(platform=complete(spec.platform, catalog), sources=spec.sources)
    for finding in check(spec, catalog):
        document = by_name[finding.source] if finding.source else documents[0]
        document.problems.append(_located(finding, document))
    problems = [*problems, *(problem for document in documents for problem in _in_order(document.problems))]
    if problems:
        raise Refused(problems)
    return spec


def _located(finding: Finding, document: Document) -> Problem:
    return document.problem(finding.path, finding.reason, finding.cure, finding.value)


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0)
