"""Mappings over the API: held against the desk's own fields, previewed, restored."""

from typing import Any

import pytest
import requests

from connectors import registry
from hub import admin
from hub.pipeline.facts import default_mapping
from tests.hub.api.conftest import Api

HEAD = "desk: zendesk\nticket:\n  subject: {from: summary.subject, max: 150}\n"
WRONG = HEAD + (
    "  prioritee: {value: high}\n"
    "  type: {value: qestion}\n"
    "  custom_fields:\n"
    "    - id: {value: 360012345680}\n"
    "      value: {value: '12'}\n"
)


def accounts(sandbox_url: str) -> dict[str, Any]:
    """A config for every sandbox desk, each empty and without faults."""
    requests.delete(f"{sandbox_url}/_faults", timeout=10).raise_for_status()
    told = requests.get(f"{sandbox_url}/_desks", timeout=10).json()["data"]
    for desk in told:
        requests.post(f"{sandbox_url}/_reset", json={"desk": desk["desk"]}, timeout=10)
    return {desk["desk"]: desk["accounts"][0]["config"] for desk in told}


def connect(api: Api, desk: str, sandbox_url: str) -> str:
    config = accounts(sandbox_url)[desk]
    made = admin.add_connection(api.house, api.workspace, desk, desk, config, verify=False)
    return str(made.row["id"])


@pytest.fixture
def zendesk(api: Api, sandbox_url: str) -> str:
    return connect(api, "zendesk", sandbox_url)


def fault(sandbox_url: str, mode: str, **how: Any) -> None:
    wish = {"desk": "zendesk", "mode": mode} | how
    requests.post(f"{sandbox_url}/_faults", json=wish, timeout=10).raise_for_status()


def problems(api: Api, connection: str, text: str, **more: Any) -> dict[str, str]:
    body = {"connection_id": connection, "text": text} | more
    told = api("POST", "/mappings", body, expect=422)
    return {error["field"]: error["message"] for error in told["errors"]}


def test_the_desks_fields_are_listed_with_what_they_take(api: Api, zendesk: str) -> None:
    told = api("GET", f"/connections/{zendesk}/fields", role="viewer")
    known = {field["path"]: field for field in told["fields"]}
    product = known["custom_fields[360012345679]"]
    assert (product["title"], product["type"]) == ("Product", "choice")
    assert {"value": "card_reader", "label": "Card reader"} in product["choices"]
    assert {"value": 360011111111, "label": "Billing"} in known["group_id"]["choices"]
    assert "custom_fields[360012345684]" not in known  # switched off by the account's admin


def test_a_list_is_kept_until_somebody_asks_again(api: Api, zendesk: str, sandbox_url: str) -> None:
    path = f"/connections/{zendesk}/fields"
    first = api("GET", path)["read_at"]
    fault(sandbox_url, "server_error", rate=1)
    assert api("GET", path)["read_at"] == first
    assert api("GET", path, expect=422, refresh="true")["errors"]
    requests.delete(f"{sandbox_url}/_faults", timeout=10)
    assert api("GET", path, refresh="true")["read_at"] > first


def test_a_mapping_that_the_desk_would_refuse_is_told_by_field(api: Api, zendesk: str) -> None:
    told = problems(api, zendesk, WRONG)
    assert "did you mean `priority`" in told["ticket.prioritee"]
    assert "did you mean `question`?" in told["ticket.type"]
    assert "takes a number" in told["ticket.custom_fields[0].value"]
    assert api("GET", "/mappings", connection_id=zendesk)["data"] == []


def test_a_field_made_a_moment_ago_is_no_slip(
    api: Api, zendesk: str, sandbox_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.zendesk import sandbox_form

    api("GET", f"/connections/{zendesk}/fields")
    text = HEAD + "  custom_fields:\n    - {id: {value: 777}, value: {value: x}}\n"
    assert "ticket.custom_fields[0].value" in problems(api, zendesk, text)
    made = (*sandbox_form.CUSTOM, (777, "text", "New field", {}, True))
    monkeypatch.setattr(sandbox_form, "CUSTOM", made)
    body = {"connection_id": zendesk, "text": text}
    assert api("POST", "/mappings", body, expect=201)["checked"] is True


def test_while_the_desk_is_down_a_mapping_is_saved_only_when_somebody_says_so(
    api: Api, zendesk: str, sandbox_url: str
) -> None:
    fault(sandbox_url, "server_error", rate=1)
    told = problems(api, zendesk, HEAD)
    assert list(told) == ["check"] and '"check": "syntax"' in told["check"]
    body = {"connection_id": zendesk, "text": HEAD, "check": "syntax"}
    assert api("POST", "/mappings", body, expect=201)["checked"] is False
    assert api("GET", "/mappings", connection_id=zendesk)["data"][0]["checked"] is False
    assert list(problems(api, zendesk, HEAD + "  type: question\n", check="syntax")) == [
        "ticket.type"
    ]
    requests.delete(f"{sandbox_url}/_faults", timeout=10)


def test_an_earlier_version_is_restored_as_the_newest(api: Api, zendesk: str) -> None:
    for word in ("question", "incident"):
        text = HEAD + f"  type: {{value: {word}}}\n"
        api("POST", "/mappings", {"connection_id": zendesk, "text": text}, expect=201)
    first = api("GET", "/mappings", connection_id=zendesk)["data"][1]
    restored = api("POST", f"/mappings/{first['id']}/restore", {}, expect=201)
    assert restored["version"] == 3 and "question" in restored["text"]
    assert api("GET", f"/connections/{zendesk}/mapping")["text"] == first["text"]
    api("POST", f"/mappings/{first['id']}/restore", {}, expect=403, role="agent")


def test_strangers_see_neither_fields_nor_versions(api: Api, strangers: Api, zendesk: str) -> None:
    api("POST", "/mappings", {"connection_id": zendesk, "text": HEAD}, expect=201)
    version = api("GET", "/mappings")["data"][0]["id"]
    strangers("GET", f"/connections/{zendesk}/fields", expect=404)
    strangers("POST", f"/mappings/{version}/restore", {}, expect=404)
    strangers("POST", "/mappings", {"connection_id": zendesk, "text": HEAD}, expect=404)


def test_every_desk_takes_its_default_and_previews_a_stored_conversation(
    api: Api, chat: dict[str, Any], sandbox_url: str
) -> None:
    configs = accounts(sandbox_url)
    for desk in registry.names():
        if desk == "live_chat":
            connection = api("GET", "/connections", desk=desk)["data"][0]["id"]
        else:
            made = admin.add_connection(
                api.house, api.workspace, desk, desk, configs[desk], verify=False
            )
            connection = made.row["id"]
        body = {"connection_id": connection, "conversation_id": "chat-1"}
        seen = api("POST", "/mappings/preview", body)
        assert (seen["errors"], seen["unchecked"]) == ([], None), desk
        subject = next(v for k, v in seen["fields"].items() if k.casefold() == "subject")
        assert "4711" in subject
        text = default_mapping(desk)
        kept = api("POST", "/mappings", {"connection_id": connection, "text": text}, expect=201)
        assert kept["checked"] is True, desk


def test_a_preview_says_what_the_desk_would_refuse_of_this_conversation(
    api: Api, chat: dict[str, Any], zendesk: str, sandbox_url: str
) -> None:
    text = HEAD + "  priority: {from: conversation.channel}\n  typ: {value: task}\n"
    body = {"connection_id": zendesk, "conversation_id": "chat-1", "text": text}
    seen = api("POST", "/mappings/preview", body)
    told = {error["field"]: error["message"] for error in seen["errors"]}
    assert set(told) == {"ticket.priority", "ticket.typ"}
    assert "is not allowed: `priority` takes" in told["ticket.priority"]
    fault(sandbox_url, "server_error", rate=1)
    api.house.desks.close()  # as if the hub had just started
    seen = api("POST", "/mappings/preview", body)
    assert seen["errors"] == [] and "does not answer" in seen["unchecked"]
    requests.delete(f"{sandbox_url}/_faults", timeout=10)
