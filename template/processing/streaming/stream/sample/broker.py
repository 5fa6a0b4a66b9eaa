"""A Kafka broker on this machine, to try the streams on a real topic.

    python -m stream.sample.broker          start it, create the topics, produce the sample events,
                                            run every stream once, stop it
    python -m stream.sample.broker --stay   leave it running until Ctrl-C

Its messages stay in data/kafka, and so does the lake that the streams write.
"""

from __future__ import annotations

import argparse
import base64
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from ingest.lakes import use_lakes_in
from stream.create_topics import all_topics, create
from stream.errors import StreamError
from stream.sample.produce import produce
from stream.settings import DATA, ROOT

FOLDER = DATA / "kafka"
JARS = ROOT / ".jars" / "kafka"
JAVA = (
    *("java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
    *("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", str(JARS / "*")),
)
STARTING, STOPPING = 60, 20
"""How many seconds the broker may take."""
DIE_WITH_PARENT = 1


def main() -> int:
    """Run what the arguments ask for; 0 if all went well, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m stream.sample.broker", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--stay", action="store_true", help="leave the broker running until Ctrl-C")
    stay = parser.parse_args().stay
    try:
        with broker(FOLDER) as servers:
            print(f"A broker is running at {servers}.")
            for topic in all_topics():
                os.environ[topic.variable] = servers
                # The properties of the real broker do not apply here.
                os.environ[f"{topic.source.upper()}_KAFKA_PROPERTIES"] = ""
                use_lakes_in(FOLDER / "lake", [topic.source])
                created, count = create(topic), produce(topic)
                print(f"{topic.source}.{topic.name}: {created}; {count:,} messages produced")
            command = [sys.executable, "-m", "stream", "--once"]
            failed = subprocess.run(command, cwd=ROOT, check=False).returncode
            if stay and not failed:
                print("The broker is still running; stop it with Ctrl-C.")
                signal.pause()
            return failed
    except KeyboardInterrupt:
        return 0
    except StreamError as error:
        print(error, file=sys.stderr)
        return 1


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """A broker with its data in the folder, and its address while it runs.

    Raises `StreamError` if it does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port, controller = _free_ports()
    settings, log = folder / "server.properties", folder / "broker.log"
    settings.write_text(_settings(folder, port, controller), encoding="utf-8")
    with log.open("ab") as output:

        def java(*arguments: str) -> subprocess.Popen:
            options = {"start_new_session": True, "preexec_fn": _die_with_parent}
            return subprocess.Popen([*JAVA, *arguments], stdout=output, stderr=output, **options)

        if not (folder / "log" / "meta.properties").exists():
            # An identifier that begins with a dash would be read as an option.
            cluster = base64.urlsafe_b64encode(b"\x01" + uuid.uuid4().bytes[1:]).decode()
            storage = ("kafka.tools.StorageTool", "format", "-t", cluster.rstrip("="))
            java(*storage, "-c", str(settings)).wait()
        process = java("kafka.Kafka", str(settings))
        try:
            _wait_for(f"127.0.0.1:{port}", process, log)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(STOPPING)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _settings(folder: Path, port: int, controller: int) -> str:
    lines = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": folder / "log",
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": 0,
        "offsets.topic.num.partitions": 1,
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
    }
    return "".join(f"{key}={value}\n" for key, value in lines.items())


def _die_with_parent() -> None:
    """On Linux, the broker does not outlive the process that started it, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)


def _wait_for(servers: str, process: subprocess.Popen, log: Path) -> None:
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if admin.list_topics(timeout=1).brokers:
                return
        except KafkaException:
            time.sleep(0.2)
    raise StreamError(f"The broker did not start; see {log}.")


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
