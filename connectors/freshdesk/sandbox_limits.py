"""Freshdesk's rate limits: a minute's credits for the whole account, and less for some calls."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime

from werkzeug.wrappers import Request, Response

from connectors.freshdesk.sandbox_errors import refusal
from connectors.sandbox import Refused, Route

MINUTE = 60
TICKETS, TICKET = "/api/v2/tickets", "/api/v2/tickets/<int:ticket_id>"
ENDPOINTS = {
    ("POST", TICKETS): "creates_per_minute",
    ("PUT", TICKET): "updates_per_minute",
    ("GET", TICKETS): "ticket_lists_per_minute",
    ("GET", "/api/v2/contacts"): "contact_lists_per_minute",
}
COST = "sandbox.cost"


class Limits:
    """Counts credits per minute; refused and invalid calls count too."""

    def __init__(self, now: Callable[[], datetime], settings: Mapping[str, float]) -> None:
        self.now = now
        self.settings = settings
        self.windows: dict[str, tuple[float, int]] = {}  # name: its end, credits so far

    def take(self, request: Request, found: Route) -> None:
        """Count a request, or raise `Refused` with 429 and the time to wait."""
        cost = request.environ[COST] = _cost(request, found)
        self._count("rate_per_minute", cost)
        endpoint = ENDPOINTS.get((found.method, found.path))
        if endpoint:
            self._count(endpoint, 1)

    def tell(self, request: Request, made: Response) -> None:
        """Add the headers that tell what is left."""
        total = int(self.settings["rate_per_minute"])
        _, used = self.windows.get("rate_per_minute", (0.0, 0))
        made.headers["X-RateLimit-Total"] = str(total)
        made.headers["X-RateLimit-Remaining"] = str(max(0, total - used))
        made.headers["X-RateLimit-Used-CurrentRequest"] = str(request.environ.get(COST, 1))

    def _count(self, name: str, cost: int) -> None:
        now = self.now().timestamp()
        end, used = self.windows.get(name, (0.0, 0))
        if end <= now:
            end, used = now + MINUTE, 0
        if used + cost > self.settings[name]:
            no = refusal(429, "You have exceeded the limit of requests per minute")
            no.headers["Retry-After"] = str(max(1, math.ceil(end - now)))
            raise Refused(no)
        self.windows[name] = end, used + cost


def _cost(request: Request, found: Route) -> int:
    """One credit, one more for all that is embedded in a ticket, two more each in a list."""
    wanted = [name for name in request.args.get("include", "").split(",") if name]
    return 1 + len(wanted) * (2 if found.path == TICKETS else 1)
