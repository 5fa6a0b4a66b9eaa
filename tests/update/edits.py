"""Random edits of generated files by the team and the templates, and random changes of the spec."""

from __future__ import annotations

import itertools
import posixpath
from dataclasses import dataclass

from hypothesis import strategies as st
from repositories import EVENTS, PLATFORM, SOURCE

PATHS = (
    "transform/models/staging/shop/stg_shop__stores.sql",
    "transform/models/staging/shop/stg_shop__stores.yml",
    "transform/models/staging/shop/stg_shop__orders.sql",
    "transform/models/staging/shop/_shop__sources.yml",
    "transform/models/marts/dim_stores.sql",
    "transform/models/marts/fct_orders.yml",
    "transform/dbt_project.yml",
    "contracts/inbound/shop/orders.odcs.yaml",
    "stream/topics/web__views.py",
    "stream/jobs/web__logins.py",
    "stream/tables/web.yml",
    "transform/models/staging/web/stg_web__logins.sql",
    "README.md",
    "Makefile",
    "docs/new.md",
)
KINDS = ("insert", "replace", "cut", "swap", "item", "open end", "carriage returns", "delete", "move")


@dataclass(frozen=True)
class Edit:
    """An edit of a file; `place` is a line. `word` makes edits of the same kind equal or different."""

    kind: str
    path: str
    place: int
    word: str

    @property
    def home(self) -> str:
        """The path that the file is moved to."""
        folder, name = posixpath.split(self.path)
        return posixpath.join(folder, f"{self.word}_{name}")

    def on(self, texts: dict[str, str]) -> None:
        """Apply the edit to the texts."""
        text = texts.get(self.path, "")
        if self.kind == "delete":
            texts.pop(self.path, None)
        elif self.kind == "move":
            if self.path in texts and self.home not in texts:
                texts[self.home] = texts.pop(self.path)
        else:
            texts[self.path] = self._edited(text)

    def _edited(self, text: str) -> str:
        lines = text.splitlines(keepends=True)
        place = min(self.place, len(lines))
        comment = f"{'-- ' if self.path.endswith('.sql') else '# '}{self.word}\n"
        if self.kind == "insert":
            lines.insert(place, comment)
        elif self.kind == "replace":
            lines[place : place + 1] = [comment]
        elif self.kind == "cut":
            del lines[place : place + 2]
        elif self.kind == "swap":
            lines[place : place + 2] = reversed(lines[place : place + 2])
        elif self.kind == "item":
            indent = len(lines[-1]) - len(lines[-1].lstrip()) if lines else 0
            lines.append(f"{' ' * min(indent, 6)}- name: {self.word.split()[0]}\n")
        elif self.kind == "open end":
            lines.append(comment.rstrip("\n"))
        elif self.kind == "carriage returns":
            lines = [line.replace("\r\n", "\n").replace("\n", "\r\n") for line in lines]
        return "".join(lines)


def edits(whose: str) -> st.SearchStrategy[list[Edit]]:
    """Edits by one side; sometimes the other side makes the same edit."""
    words = st.sampled_from([f"{whose} alpha", f"{whose} beta", "both"])
    kinds = st.sampled_from([kind for kind in KINDS if whose == "ours" or kind != "carriage returns"])
    return st.lists(st.builds(Edit, kinds, st.sampled_from(PATHS), st.integers(0, 40), words), max_size=6)


def moves_of(changes: list[Edit]) -> dict[str, str]:
    """The previous paths of the files that the template moved."""
    return {edit.home: edit.path for edit in changes if edit.kind == "move"}


WITHOUT_STORES = SOURCE.partition("\n  - name: stores")[0] + "\n"
STORES = (
    lambda text: text,
    lambda text: WITHOUT_STORES,
    lambda text: text.replace("  - name: stores", "  - name: branches\n    renamed_from: stores"),
    lambda text: text.replace("  - name: stores", "  - name: branches"),
    lambda text: text.rstrip("\n") + "\n      - {name: size, type: integer}\n",
)
REST = (
    lambda text: text,
    lambda text: text.replace("{name: email, type: text}", "{name: email, type: text, required: true, pii: email}"),
    lambda text: text.replace("name: shop\n", "name: shop\ndescription: The shop\n"),
    lambda text: text.replace("{name: label, type: text}", "{name: title, type: text, renamed_from: label}"),
)
SOURCES = tuple(rest(stores(SOURCE)) for stores, rest in itertools.product(STORES, REST))
PLATFORMS = (PLATFORM.replace("modeling: star", "modeling: obt"), PLATFORM.replace("ci: none", "ci: github"))
STREAMING = PLATFORM.replace("processing: batch", "processing: streaming")
WITHOUT_LOGINS = (
    EVENTS.partition("  - name: logins\n    event")[0] + "streams:" + EVENTS.partition("streams:")[2]
).partition("\n  - name: logins\n    topic")[0] + "\n"
OF_EVENTS = (
    EVENTS,
    WITHOUT_LOGINS,
    EVENTS.replace(
        "  - name: logins\n    topic", "  - name: sign_ins\n    origin: logins\n    renamed_from: logins\n    topic"
    ),
    EVENTS.replace("  - name: views\n", "  - name: visits\n    origin: views\n    renamed_from: views\n").replace(
        "topic: views", "topic: visits"
    ),
    EVENTS.replace("{name: kind, type: text}", "{name: kind, type: text}\n          - {name: screen, type: integer}"),
    EVENTS.replace("length: 5 minutes", "length: 1 hour").replace("[user]\n", "[user]\n    trigger: 30 seconds\n"),
)
SpecTexts = tuple[str, str] | tuple[str, str, str]
SPECS = st.sampled_from(
    [
        *((PLATFORM, source) for source in SOURCES),
        *((platform, SOURCE) for platform in PLATFORMS),
        (STREAMING, SOURCE),
        *((STREAMING, SOURCE, events) for events in OF_EVENTS),
        (STREAMING, SOURCES[8], EVENTS),
    ]
)
"""The texts of `platform.yml` and of the sources; few enough to render each once."""
