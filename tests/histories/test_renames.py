"""Renames of every kind in one history: no row, version or cursor is lost, and no old name remains."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from histories import databases
from histories.history import Day, Event, History, Loading, Row
from histories.play import play
from histories.repository import Runner


@pytest.fixture(scope="module")
def runner(environment: Path) -> Iterator[Runner]:
    """Runs the repositories of all histories."""
    runner = Runner(environment)
    yield runner
    runner.close()


def rows() -> dict[str, list[Row]]:
    """The rows before the first run, all with older cursors than the events of the days."""
    seen = "2024-01-05 00:00:00"
    return {
        "cities": [{"city_id": 1, "city": "x", "updated_at": seen}],
        "customers": [{"customer_id": n, "name": "n", "city_id": 1, "updated_at": seen} for n in (1, 2)],
        "orders": [
            {"order_id": n, "customer_id": n, "ordered_at": seen, "amount": "1.5", "updated_at": seen} for n in (1, 2)
        ],
        "readings": [{"sensor": "a", "value": 1}],
    }


def touched(customer: int, name: str, day: int) -> Event:
    """A change of a customer's name on a day of January."""
    return ["update", "customers", customer, {"name": name, "updated_at": f"2024-01-{day} 00:00:00"}]


def days() -> list[Day]:
    """Purged rows survive renames: twice in a row, swapped, with the source, and back."""
    purged = [["delete", "orders", 1], touched(1, "a", 13)]
    twice = [["rename_table", "orders", "sales"], ["rename_table", "orders", "purchases"]]
    column = [["rename_column", "orders", "amount", "net"], ["rename_column", "customers", "name", "title"]]
    swapped = [
        ["rename_table", "customers", "parked"],
        ["rename_table", "cities", "customers"],
        ["rename_table", "customers", "cities"],
    ]
    source = [["rename_source", "store"], ["rename_source", "branch"]]
    back = [["rename_table", "orders", "orders"], ["rename_source", "shop"]]
    return [
        Day([*purged, *twice, *column]),
        Day([*swapped, *source, touched(2, "b", 14)]),
        Day([*back, touched(1, "c", 15)]),
    ]


@pytest.mark.exhaustive
@pytest.mark.parametrize("target", ["local", "prod"])
def test_whatever_is_renamed_keeps_its_rows_and_its_history(tmp_path: Path, runner: Runner, target: str) -> None:
    loading = {"cities": Loading(), "customers": Loading("mark", 2), "orders": Loading("incremental", 2)}
    assert play(History("sqlite", loading, rows(), days(), target), tmp_path, runner, databases.fresh) == []
