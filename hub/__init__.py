"""The escalation hub: the service, its pipeline and its console."""

import sys

# rich comes with the queue's command line. structlog takes it where it finds it, for colourful
# tracebacks that the hub never prints: 5 MB in each process. It does without as well
# (structlog/dev.py), and so it finds none.
_absent = sys.modules.setdefault("rich", None) is None  # type: ignore[arg-type]
import structlog  # noqa: E402, F401

if _absent:
    del sys.modules["rich"]
