"""Who we are at the desk."""

import pytest

from connectors.base import Connector
from connectors.errors import AuthFailed
from tests.contract.desk import Desk, draft, message


def test_verify_tells_who_we_are_and_that_nothing_is_missing(connector: Connector) -> None:
    account = connector.verify()
    assert account.id and account.name
    assert account.missing == ()


def test_verify_names_a_missing_right(desk: Desk) -> None:
    if desk.harness.weak_config is None:
        pytest.skip("this desk's credentials all have the same rights")
    account = desk.connector(desk.harness.weak_config).verify()
    assert desk.harness.weak_word in " ".join(account.missing)


def test_wrong_credentials_are_told_as_such(desk: Desk) -> None:
    if desk.harness.wrong_config is None:
        pytest.skip("this desk has no credentials")
    connector = desk.connector(desk.harness.wrong_config)
    with pytest.raises(AuthFailed) as problem:
        connector.verify()
    assert not [s for s in desk.secrets(connector) if s in f"{problem.value!s}{problem.value!r}"]


def test_a_token_that_dies_is_renewed_without_an_error(by_http: Desk, connector: Connector) -> None:
    if not by_http.harness.renews_tokens:
        pytest.skip("this desk's credentials are fixed")
    ticket = connector.create_ticket(draft())
    before = len(by_http.harness.ledger())
    by_http.harness.fault("expired_token")
    entry = connector.append_message(ticket.id, message("Still there?"))
    assert entry in [e.id for e in by_http.harness.read(ticket.id).entries]
    calls = [e["call"] for e in by_http.harness.ledger(before)]
    assert calls.count("append_message") == 1 and calls.count("token_granted") == 1
