"""The web server: gunicorn with gevent, so that slow clients hold a greenlet and not a thread.

gevent has to patch the standard library before anything else is imported: `python -m hub web`
does so through `patch`, first of all.
"""

import gc
import os
import time
from mmap import mmap
from typing import Any

from hub import settings

POOL = 3  # database connections a web process: each is a server process of several megabytes


def patch() -> None:
    """Make blocking calls yield to other requests; call it before any other import."""
    from gevent import monkey

    monkey.patch_all()


def serve(host: str, port: int) -> None:
    """Serve until SIGTERM, then as long as the settings say; requests in flight are answered."""
    from gunicorn.app.base import BaseApplication
    from gunicorn.arbiter import Arbiter

    leaving = mmap(-1, 1)  # a byte that all processes share

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in _options(host, port).items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return _application(leaving)

        def run(self) -> None:
            Leaving(self).run()

    class Leaving(Arbiter):  # type: ignore[misc]
        def stop(self, graceful: bool = True) -> None:
            leaving[0] = 1
            if graceful and self.LISTENERS:
                time.sleep(settings.drain_seconds(os.environ))
            super().stop(graceful)

    Server().run()


def _application(leaving: mmap) -> Any:
    from hub import house, telemetry
    from hub import settings as settings_module
    from hub.app import create_app

    chosen = settings_module.read()
    telemetry.configure_logging(chosen.log_format)
    app = create_app(house.build(chosen, pool=chosen.connections or POOL))
    app.extensions["leaving"] = leaving
    return app


def _options(host: str, port: int) -> dict[str, Any]:
    return {
        "bind": f"{host}:{port}",
        "worker_class": "gevent",
        "workers": settings.web_processes(dict(os.environ)),
        "preload_app": True,  # one import for all workers; connections are opened after the fork
        "when_ready": _before_forking,
        "worker_connections": 1000,
        "backlog": 2048,
        "keepalive": 30,
        "timeout": 60,
        "graceful_timeout": 3,
        "limit_request_line": 8190,
        "loglevel": "warning",
        "proc_name": "hub-web",
        "control_socket_disable": True,
    }


def _before_forking(_server: Any) -> None:
    """Keep the collector from touching, and so copying, the pages that the workers share."""
    gc.collect()
    gc.freeze()
