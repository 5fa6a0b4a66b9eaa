"""Each map from the types of the spec has an entry for every type, and each map to them covers every type."""

from __future__ import annotations

import ast

import pytest

from platform_new.catalog import template_root
from platform_new.edit import odcs as contracts
from platform_new.introspect.engines import duckdb_types, ingestion, mysql_types, postgres_types, sqlite_types
from platform_new.introspect.events import avro as event_avro
from platform_new.introspect.events import schema as event_schema
from platform_new.plan import staging
from platform_new.plan.modeling import examples
from platform_new.render import avro, dbt, json_schema, odcs, spark
from platform_new.spec.data_type import BASES, FAMILIES, SYNONYMS, DataType

OUT = {
    "plan/staging.py: GROUP_OF": staging.GROUP_OF,
    "render/avro.py: TYPES": avro.TYPES,
    "render/dbt.py: CONTRACT_TYPES": dbt.CONTRACT_TYPES,
    "render/dbt.py: SQL_TYPES": dbt.SQL_TYPES,
    "render/json_schema.py: TYPES": json_schema.TYPES,
    "render/odcs.py: LOGICAL_TYPES": odcs.LOGICAL_TYPES,
    "render/spark.py: EXAMPLES": spark.EXAMPLES,
    "render/spark.py: TYPES": spark.TYPES,
}
IN = {
    "edit/odcs.py: LOGICAL_TYPES": contracts.LOGICAL_TYPES,
    "edit/odcs.py: PHYSICAL_TYPES": contracts.PHYSICAL_TYPES,
    "introspect/engines/mysql_types.py: TYPES": mysql_types.TYPES,
    "introspect/engines/mysql_types.py: UNSIGNED": mysql_types.UNSIGNED,
    "introspect/events/avro.py: LOGICAL": event_avro.LOGICAL,
    "introspect/events/avro.py: PRIMITIVES": event_avro.PRIMITIVES,
    "introspect/events/schema.py: NUMBERS": event_schema.NUMBERS,
    "introspect/events/schema.py: TEXTS": event_schema.TEXTS,
    "source/shared_duckdb/ingest/duckdb_types.py: TYPES": ingestion.module("shared_duckdb", "duckdb_types").TYPES,
    "source/postgres/ingest/postgres_types.py: TYPES": ingestion.module("postgres", "postgres_types").TYPES,
    "spec/data_type.py: SYNONYMS": SYNONYMS,
}
DECLARED = {
    "PostgreSQL": {
        "text": "character varying(20)",
        "smallint": "smallint",
        "integer": "integer",
        "bigint": "bigint",
        "numeric": "numeric(10,2)",
        "real": "real",
        "double": "double precision",
        "boolean": "boolean",
        "date": "date",
        "time": "time(3) without time zone",
        "timestamp": "timestamp(3) without time zone",
        "timestamptz": "timestamp with time zone",
        "uuid": "uuid",
        "json": "jsonb",
        "binary": "bytea",
    },
    "MySQL": {
        "text": "varchar(20)",
        "smallint": "smallint(6)",
        "integer": "mediumint(9)",
        "bigint": "int(10) unsigned",
        "numeric": "decimal(10,2)",
        "real": "float",
        "double": "double",
        "boolean": "bit(1)",
        "date": "date",
        "time": "time",
        "timestamp": "datetime(3)",
        "timestamptz": "timestamp",
        "uuid": "uuid",
        "json": "json",
        "binary": "longblob",
    },
    "DuckDB": {
        "text": "VARCHAR",
        "smallint": "UTINYINT",
        "integer": "INTEGER",
        "bigint": "UINTEGER",
        "numeric": "DECIMAL(10,2)",
        "real": "FLOAT",
        "double": "DOUBLE",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "time": "TIME",
        "timestamp": "TIMESTAMP_MS",
        "timestamptz": "TIMESTAMP WITH TIME ZONE",
        "uuid": "UUID",
        "json": "JSON",
        "binary": "BLOB",
    },
}
CANONICAL = {
    "PostgreSQL": lambda declared: postgres_types.canonical(declared, "b", "U", declared),
    "MySQL": mysql_types.canonical,
    "DuckDB": duckdb_types.canonical,
}
INGESTION = "base/ingest/column_types.py"


@pytest.mark.parametrize("name", OUT)
def test_a_map_from_the_types_has_every_type(name):
    assert set(OUT[name]) == set(BASES), name


@pytest.mark.parametrize("name", ["ARROW", "HINTS"])
def test_the_types_of_loaded_columns_are_complete_with_numeric_beside_the_map(name):
    tree = ast.parse((template_root() / "template" / INGESTION).read_text(encoding="utf-8"))
    maps = {
        node.targets[0].id: [ast.literal_eval(key) for key in node.value.keys]
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and isinstance(node.targets[0], ast.Name)
    }
    assert {*maps[name], "numeric"} == set(BASES), f"{INGESTION}: {name}"


def test_there_is_an_example_of_every_family():
    assert set(examples.EXAMPLES) == set(FAMILIES), "plan/modeling/examples.py: EXAMPLES"


@pytest.mark.parametrize("name", IN)
def test_a_map_to_the_types_has_valid_types(name):
    for type_ in IN[name].values():
        DataType.parse(type_)


def test_the_declared_types_of_sqlite_are_valid():
    for promised, _ in sqlite_types.DECLARED:
        DataType.parse(promised)


def test_a_contract_may_name_every_type():
    assert set(BASES) <= set(contracts.PHYSICAL_TYPES), "edit/odcs.py: PHYSICAL_TYPES"


@pytest.mark.parametrize("engine", DECLARED)
def test_every_type_is_found_in_an_engine(engine):
    assert set(DECLARED[engine]) == set(BASES), f"say how {engine} declares it"
    for base, declared in DECLARED[engine].items():
        found = CANONICAL[engine](declared)
        assert (DataType.parse(found.type).base, found.source_type) == (base, None), declared
