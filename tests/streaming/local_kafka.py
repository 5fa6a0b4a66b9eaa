"""A Kafka broker for the tests, which can be stopped, killed and started again at the same address."""

from __future__ import annotations

import base64
import ctypes
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

STARTING, STOPPING = 300, 30
DIE_WITH_PARENT = 1
QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
JAVA = ("java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", QUIET)


class LocalKafka:
    """A broker with its messages in `folder`, from the jars in `jars`; `listener` says how clients reach it."""

    def __init__(
        self, folder: Path, jars: Path, protocol: str = "PLAINTEXT", listener: Mapping[str, str] | None = None
    ) -> None:
        port, controller = _free_ports()
        self.servers = f"127.0.0.1:{port}"
        self._port = port
        self._folder = folder
        self._jars = jars
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"{protocol}://{self.servers},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"{protocol}://{self.servers}",
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
            # What has expired is looked for all the time.
            "log.initial.task.delay.ms": 500,
            "log.retention.check.interval.ms": 1000,
            **(listener or {}),
        }
        self._settings.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        # An identifier that begins with a dash would be taken for an option.
        cluster = base64.urlsafe_b64encode(b"\x01" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
        self._java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._settings)).wait()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = self._java("kafka.Kafka", str(self._settings))
        until = time.monotonic() + STARTING
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the broker did not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    @property
    def _settings(self) -> Path:
        return self._folder / "server.properties"

    @property
    def _log(self) -> Path:
        return self._folder / "broker.log"

    def _answers(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self._port)) == 0

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(STOPPING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _java(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as output:
            return subprocess.Popen(
                [*JAVA, "-cp", str(self._jars / "*"), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )


def _die_with_parent() -> None:
    """A broker does not outlive the tests, however they end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]
