"""The processes: web, worker, clock, all of it in one, and the sandbox desks."""

import os
from argparse import Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.house import House


def web(given: Namespace) -> None:
    """Serve intake, API and console until SIGTERM."""
    from hub import house, settings, unsafe, wsgi

    chosen, host = settings.read(), settings.bind(dict(os.environ), "0.0.0.0")
    unsafe.refuse(chosen, host)
    each = chosen.connections or wsgi.POOL
    _check(house.build(chosen, pool=1), chosen.web_processes * each)
    wsgi.serve(host, chosen.port)


def worker(given: Namespace) -> None:
    """Run jobs until SIGTERM."""
    from hub import house, settings, telemetry, unsafe
    from hub import worker as process

    chosen = settings.read()
    unsafe.refuse(chosen)
    most = chosen.connections or process.POOL + process.LISTENING
    built = _check(house.build(chosen, pool=most - process.LISTENING), most)
    telemetry.configure_logging(chosen.log_format)
    process.serve(built)


def clock(given: Namespace) -> None:
    """Do what is due by time until SIGTERM."""
    from hub import clock as process
    from hub import house, settings, telemetry, unsafe

    chosen = settings.read()
    unsafe.refuse(chosen)
    most = chosen.connections or process.POOL
    built = _check(house.build(chosen, pool=most), most)
    telemetry.configure_logging(chosen.log_format)
    process.serve(built)


def up(given: Namespace) -> int:
    """Everything in one command."""
    from hub import up as process

    return process.run(given)


def sandbox(given: Namespace) -> None:
    """Serve the sandbox desks until SIGTERM."""
    from connectors import sandbox as desks

    desks.serve(given.port)


def _check(built: "House", most: int) -> "House":
    """The house, if its keys open what the database holds, and that has room for its process.

    `most` is how many connections to the database the process opens.
    """
    from hub import room, rotation

    rotation.check(built)
    room.check(built.store, most)
    built.store.close()  # web opens its connections after the fork
    return built
