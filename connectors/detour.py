"""For vendor libraries that write their vendor's address themselves: the way to a sandbox."""

from typing import Any

import requests
from requests.adapters import HTTPAdapter


class Detour(HTTPAdapter):
    """Sends to `there` what is addressed to `here`."""

    def __init__(self, here: str, there: str) -> None:
        super().__init__(max_retries=0, pool_maxsize=16)
        self.here = here
        self.there = there

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """The answer of the other place, with the request as it was addressed."""
        sent = request.copy()
        sent.url = (request.url or "").replace(self.here, self.there, 1)
        response = super().send(sent, **kwargs)
        response.request = request
        return response
