"""For vendor libraries that write their vendor's address themselves: the way to a sandbox."""

from typing import Any

import requests
from requests.adapters import BaseAdapter


class Detour(BaseAdapter):
    """Sends to `there`, by the session's own way there, what is addressed to `here`."""

    def __init__(self, here: str, there: str, way: BaseAdapter) -> None:
        super().__init__()
        self.here = here
        self.there = there
        self.way = way

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """The answer of the other place, with the request as it was addressed."""
        sent = request.copy()
        sent.url = (request.url or "").replace(self.here, self.there, 1)
        response = self.way.send(sent, **kwargs)
        response.request = request
        return response

    def close(self) -> None:
        """Nothing of its own; the session closes the way."""
