"""What a session has follows from where it works, and from how long."""

from __future__ import annotations

from stream.session import BRIEF, settings

JAVA, MEMORY = "spark.driver.extraJavaOptions", "spark.driver.memory"


def test_a_job_on_this_machine_has_the_memory_that_its_variable_says(monkeypatch):
    monkeypatch.delenv("SPARK_DRIVER_MEMORY", raising=False)
    assert settings("local[2]", brief=False)[MEMORY] == "1g"

    monkeypatch.setenv("SPARK_DRIVER_MEMORY", "4g")
    assert settings("local[2]", brief=False)[MEMORY] == "4g"
    assert MEMORY not in settings("spark://spark.example.com:7077", brief=False)


def test_only_what_is_brief_does_without_a_good_compiler():
    assert BRIEF in settings("local[2]", brief=True)[JAVA]
    assert BRIEF not in settings("local[2]", brief=False)[JAVA]
