"""What a run shows while dbt builds."""

from types import SimpleNamespace

from ingest import build_progress
from ingest.build_progress import BuildProgress


def event(name, **data):
    return SimpleNamespace(info=SimpleNamespace(name=name), data=SimpleNamespace(**data))


def finished(node, status="success"):
    info = SimpleNamespace(node_name=node, node_status=status)
    return event("NodeFinished", node_info=info)


def build():
    with BuildProgress() as progress:
        progress(event("LogStartLine", total=2))
        progress(finished("stg_orders"))
        progress(finished("fct_orders", "error"))


def test_a_log_names_what_fails_and_counts_now_and_then(monkeypatch, capsys):
    build()
    assert capsys.readouterr().out == "dbt: building and testing …\ndbt: fct_orders: error\n"
    monkeypatch.setattr(build_progress, "EVERY", 0)
    build()
    assert "dbt: 1 of 2 models and tests\ndbt: fct_orders: error\n" in capsys.readouterr().out


def test_a_terminal_has_one_line_that_counts(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    build()
    lines = capsys.readouterr().out.replace("\r\033[K", "\n").split("\n")
    assert lines[-4:] == ["dbt: fct_orders: error", "", "dbt: 2 of 2 models and tests", ""]
