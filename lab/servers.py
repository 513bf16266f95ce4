"""Start the real servers on loopback for an experiment, and end them by their process ids, whatever happens."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NOBODY = 65534  # PostgreSQL and PgBouncer refuse to run as root
STARTING = 20.0  # seconds until a server has to listen


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str, *others: str) -> str:
    """The path of a server's program; leaves with a message where it is not installed."""
    found = shutil.which(name) or next((path for path in others if os.access(path, os.X_OK)), None)
    return found or sys.exit(f"{name} is not installed")


@contextmanager
def workspace() -> Iterator[Path]:
    """A folder that the servers may write to, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="connlint-lab-") as name:
        folder = Path(name)
        _give_away(folder)
        yield folder


@contextmanager
def postgresql(folder: Path, *settings: str) -> Iterator[int]:
    """PostgreSQL with these settings (`max_connections=30`); yields its port. User and database are `postgres`."""
    server = Path(program("postgres")).resolve().parent
    data, port = folder / "data", free_port()
    run([str(server / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync"])
    options = [word for each in (*settings, "fsync=off", "unix_socket_directories=") for word in ("-c", each)]
    with _started([str(server / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), *options], port):
        yield port


@contextmanager
def pgbouncer(folder: Path, server: int, *settings: str) -> Iterator[int]:
    """PgBouncer in front of that port with these lines of [pgbouncer]; yields its own port."""
    port, file = free_port(), folder / f"pgbouncer-{server}.ini"
    lines = (
        "[databases]", f"postgres = host=127.0.0.1 port={server}", "[pgbouncer]", "listen_addr = 127.0.0.1",
        f"listen_port = {port}", "auth_type = any", "unix_socket_dir =", *settings,
    )  # fmt: skip
    lines = tuple(line + " user=postgres" if line.startswith("postgres = ") else line for line in lines)
    file.write_text("\n".join(lines) + "\n")
    _give_away(file)
    with _started([program("pgbouncer", "/usr/sbin/pgbouncer"), str(file)], port):
        yield port


_TABLES = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")


@contextmanager
def mariadb(folder: Path, *settings: str) -> Iterator[int]:
    """MariaDB with these settings (`max_connections=30`); yields its port. User, password and database are `lab`."""
    server, data, port = program("mariadbd", "/usr/sbin/mariadbd"), folder / "mariadb", free_port()
    (data / "mysql").mkdir(parents=True)
    _give_away(data)
    _give_away(data / "mysql")
    options = ["--no-defaults", f"--datadir={data}", f"--socket={data}/s"]
    # What mariadb-install-db does; that one needs the client's programs, too.
    tables = "\n".join(Path("/usr/share/mysql", name).read_text(encoding="utf-8") for name in _TABLES)
    run([server, *options, "--bootstrap", "--skip-grant-tables"], text=f"USE mysql;\n{tables}")
    start = folder / "start.sql"
    start.write_text(
        "CREATE DATABASE lab;\nCREATE USER lab@localhost IDENTIFIED BY 'lab';\nGRANT ALL ON lab.* TO lab@localhost;\n"
    )
    _give_away(start)
    options += [f"--port={port}", "--bind-address=127.0.0.1", f"--init-file={start}", f"--pid-file={data}/pid"]
    with _started([server, *options, *(f"--{each}" for each in settings)], port):
        yield port


@contextmanager
def gunicorn(folder: Path, *arguments: str, **environment: str) -> Iterator[int]:
    """gunicorn with the site of `lab_site.py`; yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--chdir", str(Path(__file__).parent),
               "--worker-tmp-dir", str(folder), *arguments, "lab_site:application"]  # fmt: skip
    with _started(command, port, {**os.environ, **environment}, demoted=False):
        yield port


def run(command: Sequence[str], seconds: float = 60, text: str | None = None) -> str:
    """The output of a program that ends by itself; `text` is what it reads."""
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=seconds, check=True, **_as_nobody(True)
    )
    return str(done.stdout)


@contextmanager
def _started(
    command: Sequence[str], port: int, environment: dict[str, str] | None = None, *, demoted: bool = True
) -> Iterator[None]:
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, **_as_nobody(demoted))
        try:
            _wait(process, port)
            yield
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read()[-2000:])
            raise
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + STARTING
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("a server did not start")


def _as_nobody(demoted: bool) -> dict[str, Any]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if demoted and os.getuid() == 0 else {}


def _give_away(path: Path) -> None:
    if os.getuid() == 0:
        os.chown(path, NOBODY, NOBODY)
