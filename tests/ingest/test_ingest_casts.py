"""Casting a column as a whole gives the same result, or the same refusal, as casting its values one by one."""

from __future__ import annotations

import random
import struct
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from ingest_repository import make_repository

pa = pytest.importorskip("pyarrow")
pytest.importorskip("dlt")

TYPES = [(10, 2), (18, 2), (38, 9), (12, 0), (38, 17), (38, 0), (5, 4), (38, 38)]
ODD_TEXTS = ["1e5", "2.7e37", "5e-324", " 1 ", "+1", "1_0", "", "NaN", "1.2.3", "1,5", "00012.5000", "-.5", "1\n"]
ODD_DOUBLES = [0.1 + 0.2, 1e15, 1e22, 2.0**60, 1e300, 5e-324, float("inf"), 0.125, -0.0, 1187.85]


def text(chance: random.Random) -> str:
    whole = str(chance.randint(-(10 ** chance.randint(0, 40)), 10**20))
    return chance.choice([whole, f"{whole}.{chance.randint(0, 10 ** chance.randint(0, 25))}", chance.choice(ODD_TEXTS)])


def double(chance: random.Random) -> float:
    size = 10 ** chance.randint(0, 17)
    any_double = struct.unpack("d", chance.randbytes(8))[0]
    rounded = round(chance.uniform(-size, size), chance.randint(0, 6))
    return chance.choice([rounded, rounded, chance.choice(ODD_DOUBLES), any_double])


def decimal(chance: random.Random) -> Decimal:
    return Decimal(chance.randint(-(10 ** chance.randint(0, 37)), 10**20)).scaleb(-6)


@pytest.fixture(scope="module")
def casts(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The module."""
    root = make_repository(tmp_path_factory.mktemp("repository"))
    sys.path.insert(0, str(root))
    from ingest import casts

    yield casts
    sys.path.remove(str(root))
    for name in [name for name in sys.modules if name.split(".")[0] == "ingest"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("value", "type_"),
    [(text, pa.string()), (double, pa.float64()), (double, pa.float32()), (decimal, pa.decimal128(38, 6))],
)
def test_numbers_become_decimals_the_same_together_or_one_by_one(
    casts: Any, value: Callable[[random.Random], Any], type_: Any
) -> None:
    def outcome(cast: Callable[[], Any]) -> Any:
        try:
            return cast().to_pylist()
        except casts.Misfit as misfit:
            return repr(misfit.value)

    fitting = 0
    for seed in range(4000):
        chance = random.Random(seed)
        array = pa.array([chance.choice([value(chance), None]) for _ in range(3)]).cast(type_, safe=False)
        to = pa.decimal128(*chance.choice(TYPES))
        together = outcome(lambda array=array, to=to: casts.cast_exactly(array, to))
        assert together == outcome(lambda array=array, to=to: casts.cast_one_by_one(array.to_pylist(), to)), seed
        fitting += isinstance(together, list)
    assert 500 < fitting < 3800
