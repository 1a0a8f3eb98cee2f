"""Debian's PgBouncer in transaction mode, before the database of a test."""

import os
import pwd
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

from hub import cluster
from tests.e2e.town import eventually, free_port
from tests.system_packages import found

# Few servers for many clients: whoever relies on a session meets another's at once.
SERVERS = 5
CONFIG = """\
[databases]
* = host={socket} port={server_port} user=hub
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {servers}
max_client_conn = 200
"""


@contextmanager
def before(url: str, folder: Path) -> Iterator[str]:
    """The URL of a pooler before the database of `url`, a socket's."""
    command = found("pgbouncer")
    assert command, "The tests need PgBouncer: python -m tests.system_packages installs it."
    parts, port = urlsplit(url), free_port()
    socket = parse_qs(parts.query)["host"][0]
    config = folder / "pgbouncer.ini"
    config.write_text(
        CONFIG.format(socket=socket, server_port=cluster.PORT, port=port, servers=SERVERS)
    )
    os.chmod(folder, 0o755)
    owner = pwd.getpwuid(os.stat(socket).st_uid).pw_name  # whom the server lets in
    as_owner = ["-u", owner] if os.geteuid() == 0 else []
    with (folder / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen([command, *as_owner, str(config)], stdout=log, stderr=log)
    pooled = f"postgresql://hub@127.0.0.1:{port}{parts.path}"
    try:
        eventually(lambda: _answers(pooled), f"{shlex.join(process.args)} answers", 20)  # type: ignore[arg-type]
        yield pooled
    finally:
        process.kill()  # asked to end, newer ones wait for their clients to leave first
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
