"""The settings of a session depend on its master, and on whether it is brief."""

from __future__ import annotations

from stream.session import BRIEF, settings

JAVA, MEMORY = "spark.driver.extraJavaOptions", "spark.driver.memory"


def test_a_variable_sets_the_memory_of_a_job_on_this_machine(monkeypatch):
    monkeypatch.delenv("SPARK_DRIVER_MEMORY", raising=False)
    assert settings("local[2]", brief=False)[MEMORY] == "1g"

    monkeypatch.setenv("SPARK_DRIVER_MEMORY", "4g")
    assert settings("local[2]", brief=False)[MEMORY] == "4g"
    assert MEMORY not in settings("spark://spark.example.com:7077", brief=False)


def test_only_brief_sessions_skip_the_optimizing_compiler():
    assert BRIEF in settings("local[2]", brief=True)[JAVA]
    assert BRIEF not in settings("local[2]", brief=False)[JAVA]
