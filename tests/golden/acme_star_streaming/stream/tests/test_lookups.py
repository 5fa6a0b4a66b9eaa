"""A job joins the rows that a table has in the lake at the start of a batch."""

from __future__ import annotations

import pytest
from pyspark.sql.types import LongType, StringType, StructField, StructType

from stream.errors import StreamError
from stream.lookups import folder
from stream.lookups.read import Lookup, known

USERS = Lookup(
    events="clicks",
    source="crm",
    table="users",
    schema=StructType(
        [
            StructField("user_id", LongType()),
            StructField("plan", StringType(), metadata={"origin": "price_plan"}),
        ]
    ),
)


@pytest.fixture
def put(spark, tmp_path, monkeypatch):
    """Makes rows, as SQL values, those of the lookup."""
    monkeypatch.setenv("CLICKS_LAKE", str(tmp_path))

    def put(values: str, columns: str = "user_id, price_plan") -> None:
        rows = spark.sql(f"select * from values {values} as t({columns})")
        path = folder("clicks", "crm", "users")
        rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true").save(path)

    return put


@pytest.fixture
def count_plans(spark):
    """Counts three clicks by the plan of the user."""

    def count() -> dict[str, int]:
        clicks = spark.sql("select * from values (1L), (2L), (null) as t(user_id)")
        plans = clicks.join(USERS.rows(spark), "user_id", "left").groupBy(known("plan")).count()
        return {row["plan"]: row["count"] for row in plans.collect()}

    return count


def test_each_batch_joins_the_current_rows(put, count_plans):
    put("(1, 'free'), (3, 'paid')")
    assert count_plans() == {"free": 1, "unknown": 2}
    put("(1, 'paid'), (2, 'paid')")
    assert count_plans() == {"paid": 2, "unknown": 1}


def test_a_missing_table_is_an_error_that_says_what_to_run(put, count_plans):
    with pytest.raises(StreamError, match=r"crm.users cannot be joined: .* Run `make lookups`"):
        count_plans()
    put("(1, 'free')", columns="user_id, plan")
    with pytest.raises(StreamError, match=r"has no column price_plan. Run `make lookups`"):
        count_plans()
