"""What runs the streams: a DAG before the load, or a service that never ends, on this machine or on a cluster."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import duckdb
import environment as environments
import pytest

from platform_new import flow
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec

ROWS = 400
PATIENCE = 300
SERVICE = "stream-sensors--zone-temperatures"


@pytest.fixture(scope="module")
def generated(tmp_path_factory) -> Path:
    """A repository with a stream on a schedule, and one that never ends."""
    folder = tmp_path_factory.mktemp("deploy") / "acme"
    spec = Spec(
        platform=Platform(name="acme", processing="kappa", orchestrator="airflow"),
        event_sources=(sample_source("sensors"),),
    )
    flow.create(folder, spec, git=False)
    return folder


@pytest.fixture(scope="module")
def producing(generated, kafka, stream, stream_environment) -> dict[str, str]:
    """The variables by which the repository finds its topic, after sample events were produced to it."""
    variables = {"SENSORS_URL": kafka.servers}
    assert stream(generated, "stream-sample", f"ROWS={ROWS}").returncode == 0
    program = (
        "from stream.create_topics import all_topics, create\n"
        "from stream.sample.produce import produce\n"
        "for topic in all_topics():\n    create(topic)\n    print(produce(topic))\n"
    )
    python = stream_environment / ".venv-stream/bin/python"
    done = subprocess.run(
        [python, "-c", program], cwd=generated, env=environments.clean(variables), capture_output=True, text=True
    )
    assert done.stdout.split()[-1:] == [str(ROWS)], done.stderr
    return variables


@pytest.mark.exhaustive
@pytest.mark.xdist_group("broker")
def test_airflow_runs_the_streams_and_then_loads_their_tables(generated, producing, stream):
    for dag in ("stream_sensors", "load_sensors"):
        done = stream(generated, f"dag-{dag}", env=producing)
        assert done.returncode == 0
        assert "state=success" in done.stdout

    with duckdb.connect(str(generated / "data/local.duckdb"), read_only=True) as warehouse:
        loaded = warehouse.sql("select count(*) from raw_sensors.readings").fetchone()[0]
    assert ROWS * 0.9 < loaded < ROWS, "all but the broken ones"


@pytest.mark.exhaustive
@pytest.mark.xdist_group("broker")
def test_a_service_runs_on_a_cluster_and_ends_well_at_sigterm(
    generated, producing, stream_environment, environment, lake_rows, tmp_path
):
    unit = (generated / f"deploy/systemd/{SERVICE}.service").read_text().replace("/srv/acme", str(generated))
    command = shlex.split(re.search("^ExecStart=(.+)$", unit, re.MULTILINE)[1])
    # Its workers are processes of their own, which know nothing of what lets Java work at once.
    small = ("sql.shuffle.partitions=2", "executor.extraJavaOptions=-XX:TieredStopAtLevel=1")
    settings = [*(f"--conf spark.{each}" for each in small), os.environ["PYSPARK_SUBMIT_ARGS"]]
    env = environments.clean(producing) | {
        "SPARK_MASTER": "local-cluster[1,1,1024]",
        "PYSPARK_SUBMIT_ARGS": " ".join(settings),
    }
    batches = generated / "data/lake/sensors/_checkpoints/zone_temperatures/commits"
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=generated, env=env, stdout=log, stderr=log, start_new_session=True)
    until = time.monotonic() + PATIENCE
    try:
        while not (batches / "0").exists() and time.monotonic() < until:
            assert process.poll() is None, (tmp_path / "log").read_text()[-3000:]
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0, (tmp_path / "log").read_text()[-3000:]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    counted_late_or_dead = (
        "select (select sum(reading_count)::bigint from delta_scan('{lake}'))"
        " + (select count(*) from delta_scan('{lake}__late'))"
        " + (select count(*) from delta_scan('{lake}__dead_letters'))"
    )
    table = generated / "data/lake/sensors/zone_temperatures"
    assert lake_rows(environment, table, counted_late_or_dead) == [(ROWS,)]


def test_the_unit_is_one_that_systemd_takes(generated, tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    unit = (generated / f"deploy/systemd/{SERVICE}.service").read_text()
    # What a machine has that runs it: the user, the folder, and the environment in it.
    machine = tmp_path / "machine"
    (machine / ".venv-stream/bin").mkdir(parents=True)
    (machine / ".venv-stream/bin/python").symlink_to(shutil.which("python3"))
    (tmp_path / f"{SERVICE}.service").write_text(
        unit.replace("/srv/acme", str(machine)).replace("User=acme", "User=root")
    )
    done = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / f"{SERVICE}.service"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_manifest_keeps_the_schema_of_kubernetes_and_holds_no_value_of_a_secret(generated):
    validate = pytest.importorskip("kubernetes_validate", reason="it is not installed: `make setup` brings it").validate
    yaml = pytest.importorskip("yaml")
    (manifest,) = yaml.safe_load_all((generated / f"deploy/kubernetes/{SERVICE}.yaml").read_text())
    validate(manifest, "1.36", strict=True)

    pod = manifest["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["args"] == ["sensors.zone_temperatures"]
    assert container["envFrom"] == [{"secretRef": {"name": "acme-stream"}}]
    assert {each["name"] for each in container["env"]} == {"SENSORS_LAKE", "STREAM_METRICS_PORT"}
    written = {each["mountPath"] for each in container["volumeMounts"]}
    assert written == {"/lake", "/tmp", "/srv/acme/data"}, "all else cannot be written"
    assert manifest["spec"]["replicas"] == 1 and manifest["spec"]["strategy"] == {"type": "Recreate"}


@pytest.mark.proof
def test_the_image_holds_all_that_a_job_needs(generated, tmp_path, stream_environment):
    """No image is built: what it copies is copied, and asked for its streams."""
    dockerfile = (generated / "deploy/stream.Dockerfile").read_text()
    for *wanted, to in map(str.split, re.findall("^COPY (.+)$", dockerfile, re.MULTILINE)):
        for each in wanted:
            target = tmp_path / to / Path(each).name if not each.endswith("/") else tmp_path / to
            if (generated / each).is_dir():
                shutil.copytree(generated / each, target)
            else:
                target.parent.mkdir(exist_ok=True)
                shutil.copy(generated / each, target)
    make = re.search("^RUN make (.+)$", dockerfile, re.MULTILINE)[1].split()
    planned = environments.run_make(tmp_path, "--dry-run", *make)
    entry = shlex.split(re.search(r"^ENTRYPOINT \[(.+)\]$", dockerfile, re.MULTILINE)[1].replace(",", ""))
    python = [stream_environment / entry[0], *entry[1:]]
    asked = subprocess.run([*python, "no.such"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert planned.returncode == 0, planned.stdout
    assert "sensors.zone_temperatures" in asked.stderr


def test_what_the_image_takes_is_all_that_is_sent_to_build_it(generated):
    dockerfile = (generated / "deploy/stream.Dockerfile").read_text()
    taken = [
        each.rstrip("/") for line in re.findall("^COPY (.+)$", dockerfile, re.MULTILINE) for each in line.split()[:-1]
    ]
    ignored = (generated / "deploy/stream.Dockerfile.dockerignore").read_text().splitlines()

    assert ignored[1] == "*"
    assert [line[1:] for line in ignored if line.startswith("!")] == taken


def test_no_load_waits_for_a_place_that_a_stream_has(generated):
    dags = generated / "orchestrate/dags"
    policies, prepare = (
        (dags / "pipeline/policies.py").read_text(),
        (generated / "orchestrate/airflow.mk").read_text(),
    )

    assert 'STREAM_ARGS = {**DEFAULT_ARGS, "pool": "streams"}' in policies and "pools set streams " in prepare
    having = {path.stem for path in dags.glob("*.py") if "default_args=STREAM_ARGS" in path.read_text()}
    assert having == {"stream_sensors", "maintain_lake"}


def test_every_stream_is_run_by_one_of_the_two(generated):
    dag = (generated / "orchestrate/dags/stream_sensors.py").read_text()
    services = sorted(path.name for path in (generated / "deploy/systemd").iterdir())

    assert re.findall(r"-m stream (\S+)\"", dag) == ["sensors.readings"]
    assert services == [f"{SERVICE}.service"]


@pytest.fixture
def with_cron(tmp_path) -> Path:
    """A repository that cron runs, whose commands do no more than to say that they ran."""
    folder = tmp_path / "acme"
    platform = Platform(name="acme", processing="streaming", orchestrator="none")
    flow.create(
        folder,
        Spec(platform=platform, sources=(sample_source("shop"),), event_sources=(sample_source("web"),)),
        git=False,
    )
    for environment in (".venv", ".venv-stream"):
        program = folder / environment / "bin/python"
        program.parent.mkdir(parents=True)
        program.write_text('#!/bin/sh\necho "$@" | tee -a done\n')
        program.chmod(0o755)
    return folder


def test_cron_runs_the_streams_before_the_load(with_cron):
    lines = (with_cron / "orchestrate/crontab").read_text().splitlines()
    tables, events = (line for line in lines if "run.py" in line)

    assert "--source shop " in tables and "-m stream" not in tables
    assert events.startswith("*/15 * * * * ")
    assert cron(with_cron, events) == (0, "")
    assert (with_cron / "done").read_text().splitlines() == [
        "-m stream.lookups web",
        "-m stream web.page_views web.page_traffic web.segment_traffic",
        "run.py --target prod --source web",
    ]
    assert not (with_cron / "deploy").exists()


def test_cron_does_not_let_streams_wait_for_loads_or_pile_up_behind_each_other(with_cron):
    (events,) = (line for line in (with_cron / "orchestrate/crontab").read_text().splitlines() if "-m stream " in line)
    with held(with_cron / ".venv/cron.lock"):
        process = subprocess.Popen(["sh", "-c", command_of(events, with_cron)])
        until = time.monotonic() + PATIENCE
        while not ((with_cron / "done").exists() and "-m stream web" in (with_cron / "done").read_text()):
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.05)
        log = (with_cron / ".venv/cron-web.log").read_text()
        assert cron(with_cron, events) == (0, ""), "the run before is at work"
        assert (with_cron / ".venv/cron-web.log").read_text() == log
    assert process.wait(PATIENCE) == 0
    assert "run.py" in (with_cron / "done").read_text()


def test_cron_reports_a_load_that_does_not_end(with_cron):
    (check,) = (line for line in (with_cron / "orchestrate/crontab").read_text().splitlines() if "freshness" in line)
    assert cron(with_cron, check) == (0, "")
    assert (with_cron / "done").read_text() == "-m orchestrate.freshness --target prod\n"
    with held(with_cron / ".venv/cron.lock"):
        _, mail = cron(with_cron, check.replace("-w 3600", "-w 1"))
    assert mail == "Freshness: a check failed, or waited an hour for another run.\n"


@pytest.mark.parametrize(
    ("orchestrator", "file"), [("airflow", "orchestrate/dags/maintain_lake.py"), ("none", "orchestrate/crontab")]
)
def test_the_lake_is_maintained_every_week(tmp_path, orchestrator, file):
    platform = Platform(name="acme", processing="kappa", orchestrator=orchestrator)
    flow.create(tmp_path / "acme", Spec(platform=platform, event_sources=(sample_source("sensors"),)), git=False)

    text = (tmp_path / "acme" / file).read_text()
    assert "30 3 * * 0" in text and ".venv-stream/bin/python -m stream.maintain" in text


@contextlib.contextmanager
def held(lock: Path):
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def command_of(line: str, folder: Path) -> str:
    """What cron runs of a line of the crontab."""
    return f'PLATFORM="{folder}"; {line.split(maxsplit=5)[5]}'


def cron(folder: Path, line: str) -> tuple[int, str]:
    """Run a line of the crontab: its exit code, and what would be mailed."""
    done = subprocess.run(["sh", "-c", command_of(line, folder)], capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("joining", ["available_now", "30 seconds"])
@pytest.mark.parametrize("other", ["available_now", "30 seconds"])
@pytest.mark.parametrize("orchestrator", ["airflow", "none"])
def test_what_streams_join_is_refreshed_once_on_the_schedule_whether_they_end_or_not(
    tmp_path, orchestrator, other, joining
):
    web = sample_source("web")
    streams = tuple(
        each.model_copy(update={"trigger": joining if each.joins else other})
        for each in web.streams
        if each.name != "page_views"
    )
    spec = Spec(
        platform=Platform(name="acme", processing="streaming", orchestrator=orchestrator),
        sources=(sample_source("shop"),),
        event_sources=(web.model_copy(update={"streams": streams}),),
    )
    flow.create(tmp_path / "acme", spec, git=False)
    texts = {
        path.name: path.read_text()
        for path in (tmp_path / "acme/orchestrate").rglob("*")
        if path.suffix in ("", ".py")
        if path.is_file()
    }
    having = [name for name, text in texts.items() if "-m stream.lookups web" in text]
    ends = "available_now" in (joining, other)
    assert having == [("stream_web.py" if ends else "load_web.py") if orchestrator == "airflow" else "crontab"]
    assert texts[having[0]].count("-m stream.lookups web") == 1
    if joining == "available_now" and orchestrator == "airflow":
        assert ') >> [\n        BashOperator(\n            task_id="segment_traffic"' in texts[having[0]]
