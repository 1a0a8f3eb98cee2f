"""The hub's own ways out: to desks and to the identity provider, by checked addresses only.

A vendor's name may be led astray, by a resolver or by what an administrator enters; what it stands
for is checked when it is dialled, and the checked address is the one that is called. The sandbox
desks are excepted, on their very host and port.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter

from connectors.http import Barred, anywhere
from webhooks.errors import Forbidden
from webhooks.guard import Guard
from webhooks.transport import CheckedAdapter, public_tls


class Out:
    """Makes the adapters of sessions (`connectors.http.Ways`)."""

    def __init__(self, guard: Guard, sandbox_url: str | None = None) -> None:
        self.guard = guard
        self.sandbox = sandbox_url and "{0.scheme}://{0.netloc}/".format(urlsplit(sandbox_url))

    def __call__(self, pool: int) -> Mapping[str, BaseAdapter]:
        """Adapters of one session, by the beginning of the addresses that each is for."""
        checked = _Checked(self.guard, public_tls(), pool=pool)
        ways: dict[str, BaseAdapter] = {"https://": checked, "http://": checked}
        if self.sandbox:
            ways[self.sandbox] = anywhere(pool)["http://"]
        return ways

    def lead(self, session: requests.Session) -> None:
        """Have a session of somebody else's go these ways, without a proxy of the environment."""
        session.trust_env = False
        session.adapters.clear()
        for prefix, adapter in self(1).items():
            session.mount(prefix, adapter)


class _Checked(CheckedAdapter):
    """Says what is wrong in the words that connectors know."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        try:
            return super().send(request, **kwargs)
        except Forbidden as problem:
            raise Barred(problem.reason) from None
