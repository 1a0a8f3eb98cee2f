"""A failure in a log names no customer."""

import pytest

from connectors.errors import InvalidRequest, RateLimited, Unavailable, in_short


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (
            InvalidRequest("POST /api/v2/tickets -> 422: Email: ada@example.com is suspended"),
            "InvalidRequest (422)",
        ),
        (RateLimited("GET /tickets?q=ada@example.com -> 429: slow down"), "RateLimited (429)"),
        (Unavailable("ada@example.com: no answer", sent=True), "Unavailable"),
    ],
)
def test_only_its_kind_and_the_desks_status_are_logged(problem: Exception, told: str) -> None:
    assert in_short(problem) == told
