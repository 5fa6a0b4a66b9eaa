"""A Prometheus and an Alertmanager with the files of a generated repository, and whoever hears the alerts."""

from __future__ import annotations

import contextlib
import ctypes
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PATIENCE = 300
"""How many seconds anything may take on a busy machine."""
DIE_WITH_PARENT = 1
SOONER = {
    "rules.yml": [(r"for: \d+m", "for: 0s"), (r"\[15m\]", "[1m]")],
    "prometheus.yml": [(r"interval: 15s", "interval: 1s")],
    "alertmanager.yml": [(r"group_wait: \w+", "group_wait: 0s"), (r"group_interval: \w+", "group_interval: 1s")],
}
"""What is made shorter in the files, so that nobody waits for a quarter of an hour."""


class Monitors:
    """They scrape `exporter` (host and port), with the files of `monitoring/` but shorter times."""

    def __init__(self, monitoring: Path, folder: Path, exporter: str, ports: tuple[int, int]) -> None:
        self.heard: list[str] = []
        self._folder = folder
        self._chat = _chat(self.heard)
        self._at, alertmanager = (f"127.0.0.1:{port}" for port in ports)
        webhook = folder / "webhook_url"
        webhook.write_text(f"http://127.0.0.1:{self._chat.server_port}")
        _copy(
            monitoring,
            folder,
            {"localhost:9400": exporter, "localhost:9093": alertmanager, "/etc/alertmanager/webhook_url": str(webhook)},
        )
        self._prometheus = _run(
            "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/prometheus",
            f"--web.listen-address={self._at}",
            # After a reload Prometheus knows no Alertmanager for a moment.
            "--rules.alert.resend-delay=1s",
        )
        self._alertmanager = _run(
            "prometheus-alertmanager",
            f"--config.file={folder}/alertmanager.yml",
            f"--storage.path={folder}/alertmanager",
            f"--web.listen-address={alertmanager}",
            "--cluster.listen-address=",
        )

    def stop(self) -> None:
        """End them."""
        for process in (self._prometheus, self._alertmanager):
            process.terminate()
            process.wait()
        self._chat.shutdown()
        self._chat.server_close()

    def stopped_at_once(self) -> None:
        """From now on a stream has stopped as soon as its triggers are overdue, without the five minutes' grace."""
        rules = self._folder / "rules.yml"
        rules.write_text(rules.read_text().replace("> 300 + 3 *", "> 3 *"))
        self._prometheus.send_signal(signal.SIGHUP)

    def wait_to_hear(self, pattern: str) -> None:
        """Wait for a message that has the pattern. Raises `TimeoutError` with those that came, if none had it."""
        try:
            until(lambda: any(re.search(pattern, text) for text in self.heard))
        except TimeoutError:
            raise TimeoutError("\n\n".join(self.heard)) from None

    def values(self, expression: str) -> dict[str, float]:
        """What Prometheus answers now: the values by the labels."""
        found = self._ask("query", query=expression)["result"]
        return {json.dumps(each["metric"], sort_keys=True): float(each["value"][1]) for each in found}

    def history(self, expression: str) -> list[float]:
        """All values of the last ten minutes, one a second."""
        now = time.time()
        found = self._ask("query_range", query=expression, start=now - 600, end=now, step=1)["result"]
        return [float(value) for each in found for _, value in each["values"]]

    def _ask(self, what: str, **parameters: Any) -> dict[str, Any]:
        """Raises `urllib.error.HTTPError` for a query that Prometheus does not understand."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"http://{self._at}/api/v1/{what}?{query}") as answer:
            return json.load(answer)["data"]


def until(true: Callable[[], Any]) -> None:
    """Wait until it is true. Raises `TimeoutError` if that takes too long."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(ConnectionError, urllib.error.URLError):
            if true():
                return
        time.sleep(0.3)
    raise TimeoutError(true)


def missing_program() -> str | None:
    """The first of the programs that is not installed, if any is not."""
    programs = ("prometheus", "promtool", "prometheus-alertmanager", "amtool")
    return next((program for program in programs if shutil.which(program) is None), None)


def _copy(monitoring: Path, folder: Path, addresses: Mapping[str, str]) -> None:
    """Copy the files, with these addresses for those of the examples, and shorter times."""
    for name, changes in SOONER.items():
        text = (monitoring / name).read_text()
        for pattern, shorter in changes:
            text, found = re.subn(pattern, shorter, text)
            assert found, f"{name} has no {pattern}"
        for there, here in addresses.items():
            text = text.replace(there, here)
        (folder / name).write_text(text)


def _run(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*command, "--log.level=error"], stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)


def _chat(heard: list[str]) -> ThreadingHTTPServer:
    """Takes messages as Slack does, and keeps the text of each."""

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.extend(f"{each['title']}\n{each['text']}" for each in said["attachments"])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Chat)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
