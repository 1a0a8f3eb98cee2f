"""Connecting a desk in the browser: what each step shows, and how each goes wrong."""

from datetime import timedelta
from typing import Any

import pytest
import requests
from flask import Flask

from hub.admin import authorizing
from hub.house import House
from hub.store import Row
from tests.console.office import Browser, Office
from tests.hub.authorizing import decide, form, parameters

DESKS = ("zendesk", "intercom", "salesforce", "zoho_desk", "help_scout", "hubspot")


def sent(browser: Browser, path: str, **said: str) -> str:
    """The address at the desk to which the form leads."""
    answer = browser.post(path, token_from=path, **said)
    assert answer.status_code == 200, answer.text
    there = answer.headers["Refresh"].removeprefix("0; url=")
    assert there.replace("&", "&amp;") in answer.text  # for who has no patience
    return there


def fill_in(house: House, desk: str = "zendesk", **other: str) -> dict[str, str]:
    return {"name": "Support"} | {k: str(v) for k, v in form(house, desk).items()} | other


def back(browser: Browser, told: dict[str, str]) -> Any:
    """The browser comes back from the desk."""
    return browser.client.get(authorizing.CALLBACK, query_string=told)


def connected(office: Office, name: str = "Support") -> Row | None:
    with office.house.store.transaction() as tx:
        return tx.first("select * from connections where name = :name", name=name)


@pytest.mark.parametrize("desk", DESKS)
def test_a_desk_is_connected_by_who_allows_it_there(
    admin: Browser, office: Office, house: House, desk: str
) -> None:
    there = sent(admin, f"/connections/new/{desk}", **fill_in(house, desk))
    answer = back(admin, decide(house, there))
    assert answer.status_code == 200 and "takes the hub for" in answer.text
    row = connected(office)
    assert row is not None and (row["state"], row["desk"]) == ("active", desk)
    assert house.desks.open(row).verify().missing == ()


def test_no_secret_is_shown_or_stored_in_the_clear(
    admin: Browser, office: Office, house: House
) -> None:
    said = fill_in(house)
    there = sent(admin, "/connections/new/zendesk", **said)
    answer = back(admin, decide(house, there))
    row = connected(office)
    assert row is not None
    token = house.desks.tokens(row["id"]).get()
    assert token is not None and token.refresh is not None
    hidden = [said["client_secret"], token.access.get_secret_value()]
    hidden.append(token.refresh.get_secret_value())
    shown = [answer.text, admin.get("/connections").text]
    shown.append(admin.get(f"/connections/{row['id']}/authorize").text)
    with house.store.transaction() as tx:
        stored = [str(dict(one)) for one in tx.all("select * from authorizations")]
        stored += [str(dict(one)) for one in tx.all("select * from audit")]
    assert not [s for s in hidden if any(s in text for text in [*shown, *stored, str(dict(row))])]
    assert "config': None" in stored[0] and "verifier': None" in stored[0]


def test_who_denies_is_told_so_and_nothing_is_kept(
    admin: Browser, office: Office, house: House
) -> None:
    there = sent(admin, "/connections/new/zendesk", **fill_in(house))
    answer = back(admin, decide(house, there, "deny"))
    assert answer.status_code == 400 and "Somebody chose not to allow the hub" in answer.text
    assert "Begin again" in answer.text and connected(office) is None


def test_an_answer_works_once(admin: Browser, house: House) -> None:
    told = decide(house, sent(admin, "/connections/new/zendesk", **fill_in(house)))
    back(admin, told)
    answer = back(admin, told)
    assert answer.status_code == 400 and "Used already" in answer.text


def test_an_answer_that_comes_late_is_refused(
    admin: Browser, office: Office, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = decide(house, sent(admin, "/connections/new/zendesk", **fill_in(house)))
    now = house.store.now
    monkeypatch.setattr(house.store, "now", lambda: now() + timedelta(minutes=10, seconds=1))
    answer = back(admin, told)
    assert "open for more than ten minutes" in answer.text and connected(office) is None


@pytest.mark.parametrize("state", ["", "made-up"])
def test_a_state_that_we_did_not_give_is_refused(admin: Browser, house: House, state: str) -> None:
    told = decide(house, sent(admin, "/connections/new/zendesk", **fill_in(house)))
    assert "begun elsewhere" in back(admin, told | {"state": state}).text


def test_a_state_is_good_in_the_session_that_began(
    app: Flask, admin: Browser, office: Office, house: House
) -> None:
    told = decide(house, sent(admin, "/connections/new/zendesk", **fill_in(house)))
    same_person = Browser.signed_in(app, "admin@example.com")
    assert "begun elsewhere" in back(same_person, told).text
    assert connected(office) is None
    assert "takes the hub for" in back(admin, told).text


def test_a_state_is_good_in_its_workspace(
    app: Flask, admin: Browser, strangers: Office, house: House
) -> None:
    told = decide(house, sent(admin, "/connections/new/zendesk", **fill_in(house)))
    strangers.hire("eve@example.com", "admin", "Eve")
    assert "begun elsewhere" in back(Browser.signed_in(app, "eve@example.com"), told).text


def test_a_code_that_the_desk_refuses_is_told_with_its_words(
    admin: Browser, office: Office, house: House
) -> None:
    told = decide(house, sent(admin, "/connections/new/zendesk", **fill_in(house)))
    answer = back(admin, told | {"code": "not-the-code"})
    assert answer.status_code == 400 and "The desk refused" in answer.text
    assert "invalid_grant" in answer.text and "not-the-code" not in answer.text
    assert connected(office) is None


def test_a_wrong_secret_is_told_with_the_desks_words(admin: Browser, house: House) -> None:
    wrong = fill_in(house, client_secret="not-the-secret")
    answer = back(admin, decide(house, sent(admin, "/connections/new/zendesk", **wrong)))
    assert "invalid_client" in answer.text and "not-the-secret" not in answer.text


def test_a_scope_that_the_app_lacks_is_named(admin: Browser, office: Office, house: House) -> None:
    weak = {"client_id": "hub_readonly", "client_secret": "zendesk-sandbox-readonly-secret"}
    there = sent(admin, "/connections/new/zendesk", **fill_in(house, **weak))
    asked = requests.get(there, allow_redirects=False, timeout=10)
    answer = back(admin, parameters(asked.headers["Location"]))
    assert "A right is missing" in answer.text and "<code>write</code>" in answer.text
    assert connected(office) is None


def test_a_desk_that_does_not_answer_is_told_from_one_that_refuses(
    admin: Browser, house: House
) -> None:
    told = decide(house, sent(admin, "/connections/new/zendesk", **fill_in(house)))
    fault = {"desk": "zendesk", "mode": "server_error", "rate": 1}
    requests.post(f"{house.settings.sandbox_url}/_faults", json=fault, timeout=10)
    assert "The desk did not answer" in back(admin, told).text


def test_a_form_with_a_mistake_keeps_what_was_entered_but_no_secret(
    admin: Browser, house: House
) -> None:
    said = fill_in(house, subdomain="not a subdomain")
    answer = admin.post("/connections/new/zendesk", token_from="/connections/new/zendesk", **said)
    assert answer.status_code == 422 and 'id="subdomain-wrong"' in answer.text
    assert 'value="not a subdomain"' in answer.text and said["client_secret"] not in answer.text


def test_a_name_that_is_taken_is_told_before_anybody_leaves(
    admin: Browser, office: Office, house: House
) -> None:
    office.connect(name="Support")
    path = "/connections/new/zendesk"
    answer = admin.post(path, token_from=path, **fill_in(house))
    assert answer.status_code == 422 and "Support is taken." in answer.text


def test_only_the_sandboxs_address_may_be_another_one(admin: Browser, house: House) -> None:
    path, evil = "/connections/new/zendesk", "http://169.254.169.254/zendesk"
    answer = admin.post(path, token_from=path, **fill_in(house, base_url=evil))
    assert answer.status_code == 422 and "HUB_SANDBOX_URL" in answer.text


def test_a_paused_connection_is_authorised_again_and_goes_on(
    admin: Browser, office: Office, house: House
) -> None:
    back(admin, decide(house, sent(admin, "/connections/new/zendesk", **fill_in(house))))
    row = connected(office)
    assert row is not None
    admin.post(f"/connections/{row['id']}/pause", token_from="/connections")
    path = f"/connections/{row['id']}/authorize"
    assert f'href="{path}"' in admin.get("/connections").text
    before = house.desks.tokens(row["id"]).get()
    there = sent(admin, path, subdomain="acme", client_id="hub", base_url=_base(house))
    assert "takes the hub for" in back(admin, decide(house, there)).text
    row, after = connected(office), house.desks.tokens(row["id"]).get()
    assert row is not None and (row["state"], row["state_reason"]) == ("active", None)
    assert before is not None and after is not None and after.access != before.access
    assert house.desks.open(row).verify().missing == ()


def test_denying_leaves_a_connection_as_it_was(
    admin: Browser, office: Office, house: House
) -> None:
    back(admin, decide(house, sent(admin, "/connections/new/zendesk", **fill_in(house))))
    row = connected(office)
    assert row is not None
    path = f"/connections/{row['id']}/authorize"
    there = sent(admin, path, subdomain="acme", client_id="hub", base_url=_base(house))
    answer = back(admin, decide(house, there, "deny"))
    assert f'href="{path}"' in answer.text
    assert connected(office) == row


def test_check_asks_the_desk_and_pauses_what_it_refuses(
    admin: Browser, office: Office, house: House
) -> None:
    back(admin, decide(house, sent(admin, "/connections/new/zendesk", **fill_in(house))))
    row = connected(office)
    assert row is not None
    path = f"/connections/{row['id']}/verify"
    assert "takes the hub for" in admin.post(path, token_from="/connections").text
    requests.post(f"{house.settings.sandbox_url}/_reset", json={"desk": "zendesk"}, timeout=10)
    answer = admin.post(path, token_from="/connections")
    assert "The desk refused" in answer.text and "invalid_grant" in answer.text
    assert (connected(office) or {})["state"] == "paused"


@pytest.mark.parametrize(
    "path", ["/connections/new", "/connections/new/zendesk", "/oauth/callback"]
)
def test_an_agent_may_not_connect(agent: Browser, path: str) -> None:
    assert agent.get(path).status_code == 403


@pytest.mark.parametrize("desk", ["freshdesk", "live_chat", "no_such_desk"])
def test_a_desk_without_such_a_page_has_no_form(admin: Browser, desk: str) -> None:
    assert admin.get(f"/connections/new/{desk}").status_code == 404


def test_every_desk_is_offered_with_its_way(admin: Browser) -> None:
    text = admin.get("/connections/new").text
    assert [desk for desk in DESKS if f'href="/connections/new/{desk}"' not in text] == []
    every = (*DESKS, "freshdesk")
    assert [one for one in every if f'href="/connections/new/{one}/credentials"' not in text] == []


def _base(house: House) -> str:
    return f"{house.settings.sandbox_url}/zendesk"
