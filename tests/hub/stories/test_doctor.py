"""The doctor looks at mappings too: a desk's fields change after a mapping was saved."""

from dataclasses import replace
from ipaddress import ip_network

from hub import admin, doctor
from tests.hub.stories.house_of_stories import Stories

GONE = (
    "desk: zendesk\nticket:\n  subject: {from: summary.subject}\n"
    "  custom_fields:\n    - {id: {value: 4711}, value: {value: x}}\n"
)


def hint(stories: Stories) -> str | None:
    found = {finding.what: finding for finding in doctor.examine(stories.house)}
    return found["mapping of Zendesk"].hint


def test_a_mapping_whose_field_is_gone_at_the_desk_is_told(zendesk: Stories) -> None:
    assert hint(zendesk) is None
    desk = str(zendesk.connection)
    admin.save_mapping(zendesk.house, zendesk.workspace, desk, GONE, check="syntax")
    assert "the desk has no field `custom_fields[4711]`" in (hint(zendesk) or "")


def test_a_desk_that_does_not_answer_is_no_fault_of_the_mapping(zendesk: Stories) -> None:
    zendesk.fault("server_error", rate=1, path="/api/v2/ticket_fields")
    assert "does not tell its fields" in (hint(zendesk) or "")


def test_a_connection_that_is_paused_for_what_still_holds_is_one_fault(zendesk: Stories) -> None:
    zendesk.fault("server_error", rate=1)
    [why] = faults(zendesk)
    pause = "update connections set state = 'paused', state_reason = :why where desk = 'zendesk'"
    with zendesk.house.store.transaction() as tx:
        tx.run(pause, why=why)
    assert faults(zendesk) == [f"It is paused: {why}"]


def test_a_proxy_that_is_not_named_is_told(stories: Stories) -> None:
    def told() -> list[str]:
        return [one.hint for one in doctor.examine(stories.house) if one.hint]

    house = stories.house
    house.settings = replace(house.settings, public_url="https://hub.example.com")
    assert "HUB_TRUSTED_PROXIES" in " ".join(told())
    here = (ip_network("127.0.0.1/32"),)
    house.settings = replace(house.settings, trusted_proxies=here)
    assert told() == []


def faults(stories: Stories) -> list[str]:
    return [one.fault for one in doctor.examine(stories.house) if one.fault]


def test_settings_with_which_web_does_not_start_are_a_fault(stories: Stories) -> None:
    house = stories.house
    house.settings = replace(house.settings, public_url="http://hub.example.com")
    found = {finding.what: finding.fault for finding in doctor.examine(house)}
    assert "HUB_PUBLIC_URL must begin with https://" in (found["settings"] or "")


def test_connections_of_several_workspaces_are_told_apart(stories: Stories) -> None:
    with stories.house.store.transaction() as tx:
        admin.add_workspace(tx, stories.house, "others", "Others")
    found = [finding.what for finding in doctor.examine(stories.house)]
    assert any(what.startswith("connection Help Desk of Others") for what in found)
