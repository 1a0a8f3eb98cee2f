"""The sandbox's page with Allow and Deny, and its codes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from connectors.sandbox_oauth import Consents, Habits, NoGrant

BACK = "https://hub.example/oauth/callback"
ASKED = {"client_id": "app", "redirect_uri": BACK, "state": "s1", "response_type": "code"}
# RFC 7636, appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
REDEEM = {"redirect_uri": BACK, "code_verifier": VERIFIER}


class Desk:
    """A desk with one app, and a clock that tests turn."""

    def __init__(self, **habits: Any) -> None:
        self.clock = datetime(2026, 11, 22, 10, tzinfo=UTC)
        self.consents = Consents(
            "Desk", Habits(code_life=60, pkce=True, **habits), {"app": "Ann", "other": "Ben"},
            lambda: self.clock, lambda _: ("read", "write"),
        )  # fmt: skip

    def ask(self, **asked: str) -> Any:
        query = EnvironBuilder(query_string={k: v for k, v in (ASKED | asked).items() if v})
        return self.consents.ask(Request(query.get_environ()))

    def decide(self, decision: str = "allow", **asked: str) -> dict[str, str]:
        said = ASKED | {"code_challenge": CHALLENGE} | asked | {"decision": decision}
        form = EnvironBuilder(method="POST", data=said)
        location = self.consents.decide(Request(form.get_environ())).headers["Location"]
        assert location.startswith(f"{BACK}?")
        return {name: one for name, (one,) in parse_qs(urlsplit(location).query).items()}


def test_the_page_names_app_user_and_rights() -> None:
    text = Desk().ask(scope="read").get_data(as_text=True)
    assert "<b>app</b>" in text and "<b>Ann</b>" in text and "<li>read</li>" in text
    assert ">Allow<" in text and ">Deny<" in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "nobody"},
        {"redirect_uri": ""},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "http://evil.example/oauth/callback"},
        {"redirect_uri": f"{BACK}?next=x"},
        {"redirect_uri": "javascript:alert(1)"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
    ],
)
def test_a_wrong_request_is_told_to_the_person_and_goes_nowhere(wrong: dict[str, str]) -> None:
    answer = Desk().ask(**wrong)
    assert answer.status_code == 400 and "Location" not in answer.headers


def test_a_scope_that_the_app_may_not_have_is_told_as_the_vendor_does() -> None:
    told = Desk().ask(scope="read admin").headers["Location"]
    assert "error=invalid_scope" in told and "state=s1" in told
    assert Desk(tells_scopes=False).ask(scope="read admin").status_code == 400


def test_deny_brings_no_code() -> None:
    told = Desk().decide("deny")
    assert (told["error"], told["state"]) == ("access_denied", "s1") and "code" not in told


def test_a_code_is_good_once_for_its_app_its_address_and_its_verifier() -> None:
    for client, over in (
        ("other", {}),
        ("app", {"redirect_uri": "https://hub.example/other"}),
        ("app", {"code_verifier": "another"}),
        ("app", {"code_verifier": None}),
    ):
        desk = Desk()
        code = desk.decide()["code"]
        with pytest.raises(NoGrant):
            desk.consents.redeem(client, {"code": code, **REDEEM, **over})
        with pytest.raises(NoGrant):  # and the attempt used it up
            desk.consents.redeem("app", {"code": code, **REDEEM})
    desk = Desk()
    assert desk.consents.redeem("app", {**desk.decide(scope="read"), **REDEEM}).scopes == ("read",)


def test_a_code_ends_soon() -> None:
    desk = Desk()
    code = desk.decide()["code"]
    desk.clock += timedelta(seconds=60)
    with pytest.raises(NoGrant):
        desk.consents.redeem("app", {"code": code, **REDEEM})


def test_what_stands_in_the_address_is_no_markup() -> None:
    text = Desk().ask(state='"><script>alert(1)</script>').get_data(as_text=True)
    assert "<script>" not in text
