"""Lint every contract and test it against the local warehouse.

    python contracts/check.py             every contract
    python contracts/check.py outbound    those below contracts/outbound

Exit code 1 if a contract is not valid or is broken by the data. One process for all of them,
because importing the tool takes longer than testing a contract.
"""

import logging
import sys
from pathlib import Path

from datacontract.config import Config
from datacontract.data_contract import DataContract

CONTRACTS = Path(__file__).resolve().parent
WAREHOUSE = CONTRACTS.parent / "data" / "local.duckdb"
# Only what is in the warehouse can be tested: what a contract says of elsewhere is linted.
HERE = "- server: local\n"
# A reference leads to another contract, which the tool does not open; dbt's tests follow it.
LEFT_TO_DBT = "field_relationships"
BAD = ("failed", "error")


def check(path: Path) -> list[str]:
    """The findings on one contract, each with `failed`, `error` or `warning` in front."""
    runs = [DataContract(data_contract_file=str(path)).lint()]
    is_here = WAREHOUSE.exists() and HERE in path.read_text(encoding="utf-8")
    if is_here and runs[0].result not in BAD:
        warehouse = Config(duckdb_database=str(WAREHOUSE))
        tested = DataContract(data_contract_file=str(path), server="local", config=warehouse)
        runs.append(tested.test())
    return [
        f"{result.result.value}: {result.name}: {result.reason}"
        for run in runs
        for result in run.checks
        if result.result.value in (*BAD, "warning") and result.type != LEFT_TO_DBT
    ]


def main(folder: str = "") -> int:
    """Check the contracts below a folder, and say what was found."""
    logging.disable(logging.CRITICAL)
    paths = sorted((CONTRACTS / folder).rglob("*.odcs.yaml"))
    broken = 0
    for path in paths:
        findings = check(path)
        broken += any(finding.startswith(BAD) for finding in findings)
        for finding in findings:
            print(f"{path.relative_to(CONTRACTS.parent)}: {finding}")
    done = "linted and tested" if WAREHOUSE.exists() else "linted; `make run` brings data to test"
    print(f"{len(paths)} contracts {done}, {broken} broken")
    return 1 if broken or not paths else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
