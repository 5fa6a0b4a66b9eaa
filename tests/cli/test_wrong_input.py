"""Wrong input gives one report with every problem, exit code 2, and nothing else."""

from __future__ import annotations

import pytest

FOOTER = "; nothing was written.\n"


def refused(outcome, here, *, but=()):
    """The report of a command that was refused and wrote nothing."""
    assert outcome.code == 2, outcome
    assert outcome.out == ""
    assert sorted(path.name for path in here.iterdir()) == sorted(but)
    return outcome.err


@pytest.mark.parametrize(
    ("command", "report"),
    [
        (
            "acme --warehouse duckbd --yes",
            "--warehouse: unknown warehouse (`duckbd`)\n"
            "    → did you mean `duckdb`? The choices are `duckdb`, `ducklake`, `postgres`, `snowflake`\n1 problem"
            + FOOTER,
        ),
        (
            "Acme_Co! --yes",
            "NAME: `name` has to be lowercase words joined by `-`, beginning with a letter (`Acme_Co!`)\n"
            "    → write `acme-co`\n1 problem" + FOOTER,
        ),
        ("new --yes", "NAME: the platform needs a name\n    → platform-new NAME\n1 problem" + FOOTER),
        (
            "new plan --yes",
            "NAME: a platform cannot have the name of a command (`plan`)\n"
            "    → choose another name, such as `plan-platform`\n1 problem" + FOOTER,
        ),
        (
            "acme --sample shopp --yes",
            "--sample: unknown sample (`shopp`)\n    → did you mean `shop`?\n1 problem" + FOOTER,
        ),
        (
            "acme --spec nowhere.yml --yes",
            "--spec: the file cannot be read: No such file or directory (`nowhere.yml`)\n"
            "    → check its path\n1 problem" + FOOTER,
        ),
        (
            "chek",
            "this looks like a misspelled command (`chek`)\n"
            "    → to run the command: `platform-new check`; to create a platform with this name: "
            "`platform-new new chek`\n1 problem" + FOOTER,
        ),
        (
            "choices warehous",
            "unknown axis (`warehous`)\n    → did you mean `warehouse`?\n1 problem" + FOOTER,
        ),
    ],
)
def test_a_report_says_where_what_and_how_to_fix_it(run, here, command, report):
    assert refused(run(command), here) == report


@pytest.mark.parametrize(
    ("command", "beginning", "hint"),
    [
        ("acme --colour red", "No such option", "    → see `platform-new new --help`\n"),
        ("why", "Missing argument 'FILE", "    → see `platform-new why --help`\n"),
        ("schema table", "Invalid value", "    → see `platform-new schema --help`\n"),
    ],
)
def test_a_wrong_command_line_leads_to_the_help(run, here, command, beginning, hint):
    report = refused(run(command), here)
    assert report.startswith(beginning)
    assert report.endswith(hint)
    assert len(report.splitlines()) == 2


def test_all_problems_are_reported_at_once(run, here, monkeypatch):
    """Problems of every layer are in one report, whatever they are about."""
    monkeypatch.setenv("PLATFORM_NEW_CI", "gitlub")
    (here / "taken").mkdir()
    (here / "taken" / "file").touch()
    (here / "answers.yml").write_text(
        "modelling: star\norchestrator: airflaw\nsources:\n- name: erp\n  kind: postgres\n"
    )
    report = refused(
        run("taken --spec answers.yml --warehouse x --from nofolder --yes"), here, but=["taken", "answers.yml"]
    )
    for beginning in (
        "answers.yml:1: unknown key (`modelling`)",
        "answers.yml:2: unknown orchestrator (`airflaw`)",
        "answers.yml:4: `tables` is missing",
        "PLATFORM_NEW_CI: unknown ci (`gitlub`)",
        "--warehouse: unknown warehouse (`x`)",
        "there is no such folder (`nofolder`)",
        "the folder exists and is not empty (`taken`)",
    ):
        assert f"\n{beginning}" in f"\n{report}"
    assert report.endswith("7 problems" + FOOTER)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:s3cr3t%21x@127.0.0.1:1/shop",
        "postgresql://me@127.0.0.1:1/shop?password=s3cr3t%21x",
        "mysql://me:s3cr3t%21x@127.0.0.1:1/shop",
        "oracle://me:s3cr3t%21x@127.0.0.1:1/shop",
        "postgresql://me:s3cr3t!x@127.0.0.1:port/shop",
    ],
)
@pytest.mark.parametrize("way", ["flag", "flag=", "variable", "file", "debug"])
def test_no_password_is_ever_shown(run, here, monkeypatch, address, way):
    (here / "answers.yml").write_text(f"from: '{address}'\n")
    monkeypatch.setenv("PLATFORM_NEW_FROM", address if way == "variable" else "")
    words = {
        "flag": ["--from", address],
        "flag=": [f"--from={address}"],
        "variable": [],
        "file": ["--spec", "answers.yml"],
        "debug": ["--debug", "--from", address],
    }[way]
    outcome = run("acme", "--yes", *words)
    report = refused(outcome, here, but=["answers.yml"])
    assert "s3cr3t" not in report
    assert "127.0.0.1" in report or way == "file"


def test_a_fault_of_the_tool_is_short_unless_debugged(run, here, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("cannot read postgresql://me:s3cr3t@host/db")

    monkeypatch.setattr("platform_new.flow.create", fail)
    outcome = run("acme --yes")
    assert outcome.code == 1
    assert outcome.err.splitlines()[0].endswith("failed: RuntimeError: cannot read postgresql://me:***@host/db")
    assert "Traceback" not in outcome.err
    debugged = run("acme --yes --debug")
    assert "Traceback" in debugged.err
    assert "s3cr3t" not in debugged.err


def test_ctrl_c_stops_with_its_own_exit_code(run, here, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("platform_new.flow.create", interrupt)
    outcome = run("acme --yes")
    assert (outcome.code, outcome.err) == (130, "\nStopped.\n")
    assert list(here.iterdir()) == []
