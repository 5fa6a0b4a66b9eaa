"""A generated repository with git, and updates of it that check their result.

After every update, no line of the user may be lost and no change of the template may be missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from platform_new import flow
from platform_new.catalog import load_catalog
from platform_new.errors import Refused
from platform_new.merge import baseline, update
from platform_new.merge.three_way import Outcome
from platform_new.spec.load import parse_platform, parse_source
from platform_new.spec.models import Spec

PLATFORM = """\
name: acme
owner: data@acme.example
warehouse: duckdb
orchestrator: none
modeling: star
processing: batch
ci: none
"""
SOURCE = """\
name: shop
kind: postgres
tables:
  - name: orders
    role: fact
    event_time: ordered_at
    key: [order_id]
    columns:
      - {name: order_id, type: bigint, required: true}
      - {name: customer_id, type: bigint, references: customers.customer_id}
      - {name: ordered_at, type: timestamp}
      - {name: amount, type: "numeric(10, 2)"}

  - name: customers
    role: dimension
    key: [customer_id]
    columns:
      - {name: customer_id, type: bigint, required: true}
      - {name: email, type: text}

  - name: products
    role: dimension
    key: [product_id]
    columns:
      - {name: product_id, type: bigint, required: true}
      - {name: label, type: text}

  - name: stores
    role: dimension
    key: [store_id]
    columns:
      - {name: store_id, type: bigint, required: true}
      - {name: label, type: text}
"""
EVENTS = """\
name: web
kind: kafka
topics:
  - name: views
    key: user
    event_time: at
    fields:
      - {name: at, type: timestamptz, required: true}
      - {name: user, type: bigint, required: true, references: shop.customers.customer_id}
      - {name: page, type: text}
      - name: device
        type: object
        fields:
          - {name: kind, type: text}

  - name: logins
    event_time: at
    fields:
      - {name: at, type: timestamptz, required: true}
      - {name: user, type: bigint, required: true}

streams:
  - name: views_by_user
    topic: views
    window: {length: 5 minutes}
    group_by: [user]
    aggregates:
      - {name: view_count, function: count}

  - name: logins
    topic: logins
"""
Template = Callable[[dict[str, str]], None]


@dataclass(frozen=True)
class Result:
    """The result of an update: its exit code and its plan."""

    code: int
    planned: update.UpdatePlan | None
    refused: str = ""

    def outcome(self, path: str) -> str:
        """The outcome for a file; empty if there is none."""
        assert self.planned
        return next((each.outcome.value for each in self.planned.answer.decisions if each.path == path), "")


class Repository:
    """A generated repository in a folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def git(self, *arguments: str) -> str:
        """What a git command prints."""
        identity = ("-c", "user.name=Team", "-c", "user.email=team@acme.example", "-c", "commit.gpgsign=false")
        answer = subprocess.run(
            ["git", *identity, *arguments], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return answer.stdout

    def path(self, path: str) -> Path:
        """The location of a file of the repository."""
        return self.folder / path

    def read(self, path: str) -> str:
        """A file's text."""
        return self.path(path).read_bytes().decode()

    def write(self, path: str, text: str) -> None:
        """Write a file, with its folder."""
        self.path(path).parent.mkdir(parents=True, exist_ok=True)
        self.path(path).write_bytes(text.encode())

    def replace(self, path: str, old: str, new: str) -> None:
        """Change a text that is in the file."""
        text = self.read(path)
        assert old in text, f"{old!r} is not in {path}"
        self.write(path, text.replace(old, new, 1))

    def commit(self, message: str = "Edit") -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def snapshot(self) -> dict[str, tuple[int, bytes]]:
        """Every file but git's own: its mode and content."""
        return snapshot(self.folder)

    def staged(self) -> str:
        """The index, with its stages."""
        return self.git("ls-files", "--stage")

    def look(self, template: Template | None = None, moves: dict[str, str] | None = None) -> update.UpdatePlan:
        """Plan an update with templates changed by `template`, a function of the current texts by path."""
        return update.plan_update(self.folder, rendering(template, moves))

    def look_without_base(self) -> update.UpdatePlan:
        """Plan an update without a baseline."""
        return update.plan_update(self.folder, rendering(), without_base=True)

    def update(
        self,
        template: Template | None = None,
        moves: dict[str, str] | None = None,
        *,
        commit: bool = False,
        branch: str = "",
    ) -> Result:
        """Update as the command does, and check the invariants of every update."""
        dirty = self.git("diff", "--name-only", "HEAD", "--relative").splitlines()
        before, index, head = self.snapshot(), self.staged(), self.git("rev-parse", "HEAD").strip()
        try:
            planned = self.look(template, moves)
            assert (self.snapshot(), self.staged()) == (before, index), "planning changed something"
            with update.ready(self.folder):
                planned = self.look(template, moves)
                assert planned.answer == planned.answer
                update.carry_out(planned, commit=commit, branch=branch)
        except Refused as refusal:
            assert (self.snapshot(), self.staged()) == (before, index), "a refused update changed something"
            assert all(problem.hint for problem in refusal.problems)
            return Result(refusal.exit_code, None, str(refusal))
        if not branch:
            ours = {path: content for path, (_, content) in before.items()}
            self._check(planned, head, ours, dirty, rendering(template, moves)(self.folder))
        return Result(3 if planned.answer.conflicts else 0, planned)

    def _check(
        self,
        planned: update.UpdatePlan,
        head: str,
        ours: dict[str, bytes],
        dirty: list[str],
        current: update.FreshRender,
    ) -> None:
        base = baseline.parse(self.git("show", f"{head}:./{baseline.PATH}")).texts
        theirs = baseline.parse(current.base)
        places = {decision.before or decision.path: decision for decision in planned.answer.decisions}
        generated = {line for text in base.values() for line in lines(text.encode())}
        unmerged = self.git("ls-files", "--unmerged")
        for path, content in ours.items():
            if path.startswith(".platform/"):
                continue
            added = lines(content) - lines(base.get(path, "").encode())
            if path not in base:
                # It may be a moved generated file: then not all lines are the user's.
                added = Counter({line: count for line, count in added.items() if line not in generated})
            decision = places.get(path)
            home = self.path(decision.path if decision else path)
            if added or path not in base:
                assert os.path.lexists(home), f"{path} is gone, with lines of the user"
                present = os.fsencode(home.readlink()) if home.is_symlink() else home.read_bytes()
                kept = lines(present)
                if decision and decision.outcome is Outcome.CONFLICT:
                    assert decision.path in unmerged
                    assert ":" not in decision.path
                    kept |= lines(self.git("show", f":2:./{decision.path}").encode())
                assert not added - kept, f"lost in {path}: {added - kept}"
        outcomes = {decision.path: decision.outcome for decision in planned.answer.decisions}
        for path, text in theirs.texts.items():
            place, outcome = self.path(path), outcomes.get(path)
            if outcome in (Outcome.ADDED, Outcome.UPDATED, Outcome.MOVED):
                unedited = place.read_bytes().replace(b"\r\n", b"\n").decode() == text.replace("\r\n", "\n")
                assert unedited or outcome is Outcome.MOVED, f"{path} is not as generated"
            elif outcome is None and path in ours and path not in dirty and not path.startswith(".platform/"):
                assert lines(place.read_bytes()) == lines(text.encode()), f"{path} differs, and no decision says so"
        assert baseline.parse(self.read(baseline.PATH)) == theirs


def lines(content: bytes) -> Counter[bytes]:
    """The lines of a content, without their ends."""
    return Counter(line.rstrip(b"\r") for line in content.split(b"\n") if line.strip())


def rendering(
    template: Template | None = None, moves: dict[str, str] | None = None
) -> Callable[[Path], update.FreshRender]:
    """A function that renders the spec of a folder with the current templates, changed."""

    def render(folder: Path) -> update.FreshRender:
        current = rendered(folder)
        if template is None:
            return current
        texts = baseline.parse(current.base)
        changed = dict(texts.texts)
        template(changed)
        base = baseline.dump(replace(texts, texts=changed, executable=texts.executable & changed.keys()))
        return update.FreshRender(
            current.name, base, {**current.moves, **{new: (old,) for new, old in (moves or {}).items()}}
        )

    return render


def rendered(folder: Path) -> update.FreshRender:
    """The result of `flow.render_current`, rendered once for each spec."""
    spec = tuple(place.read_bytes() for place in (folder / "platform.yml", *sorted(folder.glob("sources/*.yml"))))
    if spec not in _RENDERED:
        _RENDERED[spec] = flow.render_current(folder)
    return _RENDERED[spec]


_RENDERED: dict[tuple[bytes, ...], update.FreshRender] = {}


def make_repository(folder: Path, source: str = SOURCE, platform: str = PLATFORM, events: str = "") -> Repository:
    """Generate the small shop and the events of its website into a new folder, with one commit."""
    spec = Spec(
        platform=parse_platform(platform),
        sources=(parse_source(source, "sources/shop.yml"),),
        event_sources=(parse_source(events, "sources/web.yml"),) if events else (),
    )
    flow.create(folder, spec, source_texts={"shop": source, "web": events}, git=True, catalog=load_catalog())
    return Repository(folder)


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below a folder but git's own: its mode and content."""
    found = {}
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        for name in files + [name for name in folders if (Path(root) / name).is_symlink()]:
            place = Path(root) / name
            state = place.lstat()
            content = os.fsencode(place.readlink()) if place.is_symlink() else place.read_bytes()
            found[place.relative_to(folder).as_posix()] = state.st_mode, content
    return found


def copy_of(repository: Repository, folder: Path) -> Repository:
    """A copy of the repository, with its history."""
    shutil.copytree(repository.folder, folder, symlinks=True)
    return Repository(folder)
