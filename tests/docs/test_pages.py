"""The pages agree with the code, with each other and with the recorded picture."""

from __future__ import annotations

import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import derive_docs
import pytest
import record_demo
from pages import PAGES, ROOT, anchors, links, name_of

import platform_new
from platform_new.introspect.engines import duckdb_types, mysql_types, postgres_types

DRAWN = re.compile(r'y="([\d.]+)"[^>]*>([^<]*)</text>')
TYPE_ROW = re.compile(r"^\| (PostgreSQL|MySQL|DuckDB) \| `(.+?)` \| `(.+?)` \|$", re.MULTILINE)
LOADED = re.compile(r"""<(?:link|script|img)[^>]+(?:href|src)=["'](https?:[^"']+)""")


@pytest.mark.parametrize("page", derive_docs.pages(), ids=name_of)
def test_what_is_derived_is_up_to_date(page: Path):
    wanted = derive_docs.pages()[page]
    assert page.is_file() and page.read_text(encoding="utf-8") == wanted, f"stale; run: {derive_docs.COMMAND}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path):
    for link in links(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path):
    pytest.importorskip("mkdocs", reason="mkdocs is not installed: run `make setup`")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert pages
    for page in pages:
        assert not LOADED.findall(page.read_text(encoding="utf-8")), page.name


def test_every_page_is_in_the_menu():
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = (page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md"))
    missing = [page for page in pages if page not in menu]
    assert not missing, f"add to nav in mkdocs.yml: {missing}"


def test_the_changelog_has_an_entry_for_this_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    entries = re.split(r"^## ", text, flags=re.MULTILINE)
    assert any(entry.startswith(platform_new.__version__) and "\n- " in entry for entry in entries)


def test_the_licence_is_the_one_that_is_declared():
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("engine", "declared", "expected"), TYPE_ROW.findall((ROOT / "docs/from-a-database.md").read_text(encoding="utf-8"))
)
def test_types_become_what_the_table_says(engine: str, declared: str, expected: str):
    found = {
        "PostgreSQL": lambda: postgres_types.canonical(declared, "b", "U", declared.partition("(")[0]),
        "MySQL": lambda: mysql_types.canonical(declared),
        "DuckDB": lambda: duckdb_types.canonical(declared),
    }[engine]()
    assert found.type == expected


def drawn_lines() -> list[str]:
    """The lines of text in the picture, from top to bottom."""
    lines: dict[float, str] = {}
    for height, text in DRAWN.findall(record_demo.PICTURE.read_text(encoding="utf-8")):
        lines[float(height)] = lines.get(float(height), "") + unescape(text).replace("\N{NO-BREAK SPACE}", " ")
    return [lines[height].rstrip() for height in sorted(lines)]


def test_the_picture_shows_the_commands_of_its_script():
    shown = [line.removeprefix("$ ") for line in drawn_lines() if line.startswith("$ ")]
    assert shown == list(record_demo.SESSION)


def test_the_comparison_says_of_us_what_the_picture_shows():
    built, passed = (re.search(rf"{what} +(\d+)", "\n".join(drawn_lines()))[1] for what in ("models", "tests"))
    assert f"yes: {built} models, {passed} tests passed" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_picture_asks_no_server_for_anything_and_names_no_folder():
    picture = record_demo.PICTURE.read_text(encoding="utf-8")
    assert "url(http" not in picture and "<image" not in picture
    assert not re.search(r"/(home|root|tmp|Users|work)/", picture)


@pytest.mark.exhaustive
def test_the_picture_shows_what_a_run_prints_today(tmp_path):
    """Compares everything except machine-dependent text: seconds and installation lines."""

    def comparable(lines: list[str]) -> list[str]:
        kept = (re.sub(r"[\d.]+ s\b", "… s", line).rstrip() for line in lines if not line.startswith("»"))
        return [line for line in kept if line and not line.startswith("$ ")]

    printed = record_demo.recorded(tmp_path)
    today = comparable([line for _, output in printed for line in output.splitlines()])
    in_picture = comparable(drawn_lines())
    stale = [line for line in today if line not in in_picture]
    assert not stale, "run: .venv/bin/python scripts/record_demo.py"
