"""Every loaded table and every mart has a contract, and no other contract exists."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def test_every_loaded_table_has_an_inbound_contract():
    loaded = {
        (source["name"], table["name"])
        for folder in (ROOT / "sources", ROOT / "stream" / "tables")
        for path in folder.glob("*.yml")
        for source in [yaml.safe_load(path.read_text(encoding="utf-8"))]
        for table in source.get("tables", ())
        if "exclude" not in table
    }
    paths = (ROOT / "contracts" / "inbound").rglob("*.odcs.yaml")
    contracts = {(path.parent.name, path.name.removesuffix(".odcs.yaml")) for path in paths}
    assert contracts == loaded


def test_every_mart_has_an_outbound_contract():
    marts = {path.stem for path in (ROOT / "transform" / "models" / "marts").rglob("*.sql")}
    paths = (ROOT / "contracts" / "outbound").glob("*.odcs.yaml")
    assert {path.name.removesuffix(".odcs.yaml") for path in paths} == marts
