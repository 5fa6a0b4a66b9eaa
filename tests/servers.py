"""Private database servers for the tests, each with its own folder and port, removed after the tests.

The first worker that needs a server starts it, once per test run. A small keeper process owns it and watches the run:
when the run ends for any reason, the keeper stops the server and removes its folder. If the keeper itself is killed,
the kernel stops the server.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
STARTED_WITHIN = 300
PR_SET_PDEATHSIG = 1


class NotInstalled(Exception):
    """The server is not installed on this machine."""


@dataclass(frozen=True)
class Server:
    """How to create and run a kind of server."""

    programs: tuple[str, ...]
    user: str
    make: Callable[[Path, Path], list[str]]
    run: Callable[[Path, Path, int], list[str]]
    url: str
    stop: signal.Signals


def _make_postgres(programs: Path, folder: Path) -> list[str]:
    options = ["-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
    return [f"{programs}/initdb", *options]


def _run_postgres(programs: Path, folder: Path, port: int) -> list[str]:
    settings = {
        "port": port,
        "listen_addresses": HOST,
        "unix_socket_directories": folder,
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        "timezone": "UTC",
        "wal_level": "logical",
        "max_connections": 200,
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [f"{programs}/postgres", "-D", f"{folder}/data", *options]


def _make_mariadb(programs: Path, folder: Path) -> list[str]:
    (folder / "users.sql").write_text(
        "create user me@'127.0.0.1' identified by 'pw';\ngrant all on *.* to me@'127.0.0.1' with grant option;\n"
    )
    options = [
        "--no-defaults",
        f"--datadir={folder}/data",
        f"--tmpdir={folder}/data",
        "--auth-root-authentication-method=normal",
    ]
    return [shutil.which("mariadb-install-db") or "mariadb-install-db", *options, "--skip-test-db"]


def _run_mariadb(programs: Path, folder: Path, port: int) -> list[str]:
    return [
        f"{programs}/mariadbd",
        "--no-defaults",
        f"--datadir={folder}/data",
        # In a shared folder, the server would remove other servers' temporary files when it starts.
        f"--tmpdir={folder}/data",
        f"--port={port}",
        f"--bind-address={HOST}",
        f"--socket={folder}/s.sock",
        f"--pid-file={folder}/pid",
        f"--init-file={folder}/users.sql",
        "--skip-name-resolve",
        "--skip-log-bin",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=64M",
        "--character-set-server=utf8mb4",
    ]


SERVERS = {
    "postgres": Server(
        programs=("initdb", "postgres"),
        user="postgres",
        make=_make_postgres,
        run=_run_postgres,
        url="postgresql://postgres@{address}",
        stop=signal.SIGINT,
    ),
    "mariadb": Server(
        programs=("mariadbd",),
        user="mysql",
        make=_make_mariadb,
        run=_run_mariadb,
        url="mysql://me:pw@{address}",
        stop=signal.SIGTERM,
    ),
}


def server_url(name: str) -> str:
    """The address of this run's server, which is started on first use.

    Raises `NotInstalled` if its programs are missing and `RuntimeError` if it does not start.
    """
    _programs(name)
    worker = "PYTEST_XDIST_WORKER" in os.environ
    owner = os.getppid() if worker else os.getpid()
    shared = Path(tempfile.gettempdir()) / f"platform-new-tests-{os.getuid()}-{owner}"
    shared.mkdir(mode=0o755, exist_ok=True)
    address, log = shared / f"{name}.url", shared / f"{name}.log"
    with open(shared / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not address.exists():
            _start_keeper(name, shared, owner, log)
        return address.read_text()


def _start_keeper(name: str, shared: Path, owner: int, log: Path) -> None:
    with open(log, "w") as output:
        keeper = subprocess.Popen(
            [sys.executable, __file__, name, str(shared), str(owner)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    until = time.monotonic() + STARTED_WITHIN
    while not (shared / f"{name}.url").exists():
        if keeper.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{name} did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)


def _programs(name: str) -> Path:
    """The folder that holds the server's programs."""
    beside = [
        "/usr/sbin",
        "/usr/local/sbin",
        *(str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"))),
    ]
    path = os.pathsep.join([os.environ.get("PATH", ""), *beside])
    found = [shutil.which(program, path=path) for program in SERVERS[name].programs]
    if not all(found):
        programs = ", ".join(SERVERS[name].programs)
        raise NotInstalled(f"{name} is not installed ({programs} not found); run scripts/install-servers")
    return Path(found[-1]).resolve().parent if name == "postgres" else Path(found[-1]).parent


def keep(name: str, shared: Path, owner: int) -> None:
    """Run the server until the process `owner` ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    server, programs = SERVERS[name], _programs(name)
    user = _unprivileged(server.user)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=shared))
    try:
        make = server.make(programs, folder)
        _hand_over(folder, user)
        subprocess.run(make, check=True, user=user, group=_group(user), extra_groups=_no_groups(user), cwd=folder)
        with _running(server, programs, folder, user) as address:
            ready = shared / f"{name}.url.new"
            ready.write_text(server.url.format(address=address))
            ready.rename(shared / f"{name}.url")
            while _alive(owner):
                time.sleep(0.3)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if not _alive(owner) and not any(shared.glob("*-*")):
            shutil.rmtree(shared, ignore_errors=True)


@contextlib.contextmanager
def _running(server: Server, programs: Path, folder: Path, user: str | None) -> Iterator[str]:
    port = _free_port()
    process = subprocess.Popen(
        server.run(programs, folder, port),
        user=user,
        group=_group(user),
        extra_groups=_no_groups(user),
        cwd=folder,
        preexec_fn=lambda: _die_with_parent(server.stop),
    )
    try:
        _wait_for(process, port, folder)
        yield f"{HOST}:{port}"
    finally:
        process.send_signal(server.stop)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _die_with_parent(stop: signal.Signals) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(stop))


def _wait_for(process: subprocess.Popen, port: int, folder: Path) -> None:
    """Wait until the server accepts connections; PostgreSQL reports in its pid file when it is ready."""
    until = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection((HOST, port), timeout=1).close()
            is_postgres = (folder / "data" / "PG_VERSION").exists()
            if not is_postgres or "ready" in (folder / "data" / "postmaster.pid").read_text():
                return
        time.sleep(0.05)
    raise RuntimeError("the server accepts no connections")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _unprivileged(preferred: str) -> str | None:
    """The user to run the server as, because servers refuse to run as root; None if we are not root."""
    if os.getuid():
        return None
    users = {entry.pw_name for entry in pwd.getpwall()}
    return preferred if preferred in users else "nobody"


def _group(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def _no_groups(user: str | None) -> list[int] | None:
    return [] if user else None


def _hand_over(folder: Path, user: str | None) -> None:
    if user:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    except OSError:
        os.kill(pid, 0)
        return True
    return state != "Z"


if __name__ == "__main__":
    keep(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
