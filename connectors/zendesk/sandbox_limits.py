"""Zendesk's rate limits: fixed windows, told in headers."""

import math
from collections.abc import Callable
from datetime import datetime

from werkzeug.wrappers import Request, Response

from connectors.sandbox import Refused
from connectors.zendesk.sandbox_errors import refusal

EXPORTS = "Number of allowed incremental export API requests per minute exceeded"
# As in Zendesk's own example ("Best practices for avoiding rate limiting"): words, and no JSON.
ONE_TICKET = "Rate limit for ticket updates exceeded, please wait before updating this ticket again"


class Limits:
    """Counts calls per window; a window begins with its first call."""

    def __init__(self, now: Callable[[], datetime], settings: dict[str, float]) -> None:
        self.now = now
        self.settings = settings
        self.windows: dict[str, tuple[float, int]] = {}  # name: its end, calls so far

    def take(self, request: Request, path: str, user_id: int) -> None:
        """Count a request, or raise `Refused` with 429 and the time to wait."""
        self._count("account", self.settings["rate_per_minute"], 60)
        if path.startswith("/api/v2/incremental"):
            self._count("incremental", self.settings["incremental_per_minute"], 60, EXPORTS)
        parts = path.split("/")
        if request.method == "PUT" and parts[3] == "tickets" and len(parts) == 5:
            self._count("updates", self.settings["updates_per_minute"], 60)
            name = f"updates of {parts[4]} by {user_id}"
            self._count(name, self.settings["updates_per_ticket"], 600, ONE_TICKET)

    def _count(self, name: str, limit: float, seconds: int, words: str = "") -> None:
        now = self.now().timestamp()
        end, calls = self.windows.get(name, (0.0, 0))
        if end <= now:
            end, calls = now + seconds, 0
        if calls >= limit:
            html = Response(words, 429, content_type="text/html")
            no = html if words == ONE_TICKET else refusal(429, words)
            no.headers["Retry-After"] = str(max(1, math.ceil(end - now)))
            raise Refused(no)
        self.windows[name] = end, calls + 1

    def tell(self, made: Response, path: str) -> None:
        """Add the headers that tell what is left."""
        limit = int(self.settings["rate_per_minute"])
        now = self.now().timestamp()
        end, calls = self.windows.get("account", (now + 60, 0))
        left, reset = max(0, limit - calls), max(0, math.ceil(end - now))
        made.headers["X-Rate-Limit"] = made.headers["ratelimit-limit"] = str(limit)
        made.headers["X-Rate-Limit-Remaining"] = str(left)
        made.headers["ratelimit-remaining"] = str(left)
        made.headers["ratelimit-reset"] = str(reset)
        if path == "/api/v2/tickets":
            told = f"total={limit}; remaining={left}; resets={reset}"
            made.headers["zendesk-ratelimit-tickets-index"] = told
