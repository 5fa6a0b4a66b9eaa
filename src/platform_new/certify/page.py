"""A certificate as a page and as a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from platform_new.certify.certify import Certificate, Model
from platform_new.certify.compare import Comparison
from platform_new.errors import counted


def summary_of(certificate: Certificate) -> str:
    """The result in a few lines."""
    lines = [f"{certificate.warehouse}, emulated by {_engine(certificate)}: {_counts(certificate)}"]
    failed = [model for model in certificate.models if not model.is_green and model.status != "skipped"]
    lines += [f"  {model.name}: {_outcome(model)}" for model in failed]
    if certificate.output:
        lines += ["The run failed, so the marts were not compared:", *certificate.output.splitlines()]
    else:
        lines += [f"  {mart.mart}: {_difference(mart)}" for mart in certificate.marts if not mart.is_equal]
    return "\n".join(lines)


def page_of(certificate: Certificate) -> str:
    """The certificate as Markdown."""
    return "\n".join(_lines(certificate)) + "\n"


def _lines(certificate: Certificate) -> Iterator[str]:
    yield f"# {certificate.warehouse}, emulated"
    yield ""
    yield (
        f"The sample of {certificate.platform}, with about {certificate.rows:,} rows per fact, was loaded and built "
        f"twice in the local warehouse, and twice on a stand-in of {certificate.warehouse}: "
        f"{_engine(certificate)}. Then each mart was compared, row by row."
    )
    yield ""
    yield f"**{_counts(certificate)}**"
    yield ""
    yield f"{certificate.day}, {certificate.modeling}, {_packages(certificate)}."
    yield ""
    if certificate.output:
        yield from ("## The run failed", "", "```text", *certificate.output.splitlines(), "```", "")
    else:
        yield from ("## Marts", "", "| mart | rows | difference |", "| --- | ---: | --- |")
        yield from (f"| `{mart.mart}` | {mart.rows:,} | {_difference(mart)} |" for mart in certificate.marts)
        yield ""
    yield "## Models"
    yield ""
    yield "| model | on the stand-in | tests |"
    yield "| --- | --- | --- |"
    for model in certificate.models:
        tests = ", ".join(f"{number} {status}" for status, number in sorted(model.tests.items()))
        yield f"| `{model.name}` | {'emulated' if model.status == 'success' else model.status} | {tests or 'none'} |"
    yield ""
    yield "## Not shown"
    yield ""
    yield from (f"- {sentence}" for sentence in certificate.stand_in.not_shown)


def _engine(certificate: Certificate) -> str:
    stand_in = certificate.stand_in
    return (
        f"{stand_in.engine} {certificate.versions[stand_in.engine]} "
        f"on {stand_in.database} {certificate.versions[stand_in.database]}"
    )


def _packages(certificate: Certificate) -> str:
    engines = (certificate.stand_in.engine, certificate.stand_in.database)
    return ", ".join(f"{name} {version}" for name, version in certificate.versions.items() if name not in engines)


def _counts(certificate: Certificate) -> str:
    tests: Counter[str] = Counter()
    for model in certificate.models:
        tests.update(model.tests)
    built = sum(model.status == "success" for model in certificate.models)
    equal = sum(mart.is_equal for mart in certificate.marts)
    marts = "" if certificate.output else f", {equal} of {counted(len(certificate.marts), 'mart')} equal"
    return (
        f"{built} of {counted(len(certificate.models), 'model')} built, "
        f"{tests['pass']} of {counted(tests.total(), 'test')} passed{marts}"
    )


def _difference(mart: Comparison) -> str:
    if mart.is_equal:
        return "none"
    columns = f", in {', '.join(f'`{name}`' for name in mart.columns)}" if mart.columns else ""
    return f"{mart.only_local:,} rows only locally, {mart.only_stand_in:,} only on the stand-in{columns}"


def _outcome(model: Model) -> str:
    failed = [f"{number} tests {status}" for status, number in model.tests.items() if status != "pass"]
    return ", ".join([*([model.status] if model.status != "success" else []), *failed])
