"""Tokens: granted once, renewed in time, never by two at once."""

import threading
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr
from requests import PreparedRequest, Request

from connectors.auth import Basic, MemoryTokens, OAuth, Token

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


class Desk:
    """Grants numbered tokens that live for an hour."""

    def __init__(self) -> None:
        self.granted = 0

    def grant(self, current: Token | None) -> Token:
        self.granted += 1
        return Token(access=SecretStr(f"t{self.granted}"), expires_at=NOW + timedelta(hours=1))


def sign(auth: OAuth | Basic) -> str:
    request: PreparedRequest = Request("GET", "http://desk.example/").prepare()
    return str(auth(request).headers["Authorization"])


def test_a_token_is_asked_for_once_and_used_until_it_ends() -> None:
    desk, clock = Desk(), [NOW]
    auth = OAuth(MemoryTokens(), desk.grant, lambda: clock[0])
    assert [sign(auth), sign(auth)] == ["Bearer t1", "Bearer t1"]
    clock[0] += timedelta(minutes=59, seconds=30)
    assert sign(auth) == "Bearer t2"


def test_a_token_without_an_end_is_kept() -> None:
    auth = OAuth(MemoryTokens(), lambda _: Token(access=SecretStr("old")), lambda: NOW)
    assert sign(auth) == "Bearer old"
    auth.now = lambda: NOW + timedelta(days=900)
    assert sign(auth) == "Bearer old"


def test_another_process_s_token_is_taken_instead_of_a_new_one() -> None:
    desk, tokens = Desk(), MemoryTokens()
    here, there = (OAuth(tokens, desk.grant, lambda: NOW) for _ in range(2))
    sign(here), sign(there)
    here.renew()
    there.renew()
    assert [sign(here), sign(there), desk.granted] == ["Bearer t2", "Bearer t2", 2]


def test_many_refused_threads_renew_once() -> None:
    desk = Desk()
    auth = OAuth(MemoryTokens(), desk.grant, lambda: NOW)
    sign(auth)
    refused, tokens = threading.Barrier(8), []

    def work() -> None:
        sign(auth)
        refused.wait()
        auth.renew()
        tokens.append(sign(auth))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tokens == ["Bearer t2"] * 8
    assert desk.granted == 2


def test_basic_authentication_knows_umlauts() -> None:
    # printf 'zoë/token:geheim' | base64
    assert sign(Basic("zoë/token", SecretStr("geheim"))) == "Basic em/Dqy90b2tlbjpnZWhlaW0="
