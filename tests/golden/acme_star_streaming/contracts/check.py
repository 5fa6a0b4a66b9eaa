"""Lint every contract and test it against the local warehouse.

    python contracts/check.py             every contract
    python contracts/check.py outbound    only those in contracts/outbound

Exits with 1 if a contract is invalid or the data violates it. One process checks all contracts,
because importing datacontract takes longer than testing a contract.
"""

import logging
import sys
from pathlib import Path

from datacontract.config import Config
from datacontract.data_contract import DataContract

CONTRACTS = Path(__file__).resolve().parent
WAREHOUSE = CONTRACTS.parent / "data" / "local.duckdb"
# Only a contract with this server can be tested here; others are only linted.
LOCAL_SERVER = "- server: local\n"
# datacontract does not open the contract that a relationship points to; dbt tests the relationship.
LEFT_TO_DBT = "field_relationships"
BAD = ("failed", "error")


def check(path: Path) -> list[str]:
    """The findings for one contract, each prefixed with `failed`, `error` or `warning`."""
    runs = [DataContract(data_contract_file=str(path)).lint()]
    is_local = WAREHOUSE.exists() and LOCAL_SERVER in path.read_text(encoding="utf-8")
    if is_local and runs[0].result not in BAD:
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
    """Check the contracts in a folder and print the findings."""
    logging.disable(logging.CRITICAL)
    paths = sorted((CONTRACTS / folder).rglob("*.odcs.yaml"))
    broken = 0
    for path in paths:
        findings = check(path)
        broken += any(finding.startswith(BAD) for finding in findings)
        for finding in findings:
            print(f"{path.relative_to(CONTRACTS.parent)}: {finding}")
    done = "linted and tested" if WAREHOUSE.exists() else "linted; `make run` loads data to test"
    print(f"{len(paths)} contracts {done}, {broken} broken")
    return 1 if broken or not paths else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
