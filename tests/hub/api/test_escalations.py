"""Escalations over the API: begun, followed to the end, and retried."""

from typing import Any

import pytest

from hub import marks
from hub.pipeline.intake import Inbox
from hub.store import Tx, audit, forgetting
from tests.hub.api.conftest import Api
from tests.hub.api.test_conversations import work
from webhooks.events import Event

EVENT: dict[str, Any] = {
    "id": "evt-9",
    "conversation": {"id": "chat-9", "language": "de"},
    "requester": {"name": "Zoë", "email": "zoe@x.example"},
    "reason": {"code": "customer_request", "text": "Sie möchte einen Menschen."},
    "transcript": [
        {"id": "m1", "author": {"role": "customer"}, "text": "Wo ist mein Paket 4711?"},
        {"id": "m2", "author": {"role": "ai"}, "text": "Das kann ich leider nicht sehen."},
    ],
}


def test_a_known_conversation_is_escalated(api: Api, chat) -> None:
    body = {
        "conversation_id": "chat-1", "reason": {"code": "billing", "text": "Too much."},
        "team": "billing", "priority": "P2",
    }  # fmt: skip
    told = api("POST", "/escalations", body, expect=202)
    assert told["conversation_id"] == chat["id"]
    assert told["state"] == "received"
    assert (told["reason"]["code"], told["team"], told["priority"]) == ("billing", "billing", "P2")


def test_the_open_escalation_answers_when_there_is_one(api: Api, chat) -> None:
    first = api("POST", "/escalations", {"conversation_id": "chat-1"}, expect=202)
    again = api("POST", "/escalations", {"conversation_id": chat["id"]}, expect=202)
    assert again["id"] == first["id"]


def test_a_whole_event_brings_its_conversation_along(api: Api, source) -> None:
    told = api("POST", "/escalations", {"event": EVENT}, expect=202)
    conversation = api("GET", f"/conversations/{told['conversation_id']}")
    assert conversation["external_id"] == "chat-9"
    assert conversation["message_count"] == 2
    assert conversation["requester"]["name"] == "Zoë"


def test_an_event_told_twice_is_one_escalation(api: Api, source) -> None:
    first = api("POST", "/escalations", {"event": EVENT}, expect=202)
    assert api("POST", "/escalations", {"event": EVENT}, expect=202)["id"] == first["id"]
    api("POST", "/escalations", {"event": EVENT | {"team": "x"}}, expect=409)


def test_an_event_of_several_sources_names_its_own(api: Api, source) -> None:
    other = api("POST", "/sources", {"name": "second"}, expect=201)
    problem = api("POST", "/escalations", {"event": EVENT}, expect=422)
    assert problem["errors"][0]["field"] == "source_id"
    body = {"event": EVENT, "source_id": other["id"]}
    told = api("POST", "/escalations", body, expect=202)
    assert api("GET", f"/conversations/{told['conversation_id']}")["source_id"] == other["id"]


def test_wrong_fields_of_an_event_are_named(api: Api, source) -> None:
    event = EVENT | {"conversation": {"id": ""}, "transcript": [{"id": "m1"}]}
    problem = api("POST", "/escalations", {"event": event}, expect=422)
    fields = {error["field"] for error in problem["errors"]}
    assert "event.conversation.id" in fields
    assert any(field.startswith("event.transcript.0") for field in fields)
    problem = api("POST", "/escalations", {"event": {"type": "message.created"}}, expect=422)
    assert problem["errors"][0]["field"] == "event.type"


def test_either_a_conversation_or_an_event_is_given(api: Api, chat) -> None:
    for body in ({}, {"conversation_id": "chat-1", "event": EVENT}):
        problem = api("POST", "/escalations", body, expect=422)
        assert problem["errors"][0]["field"] == "conversation_id"
    api("POST", "/escalations", {"conversation_id": "nobody"}, expect=422)


def test_an_escalation_without_a_desk_waits_in_the_help_desk(api: Api, chat) -> None:
    told = api("POST", "/escalations", {"conversation_id": "chat-1"}, expect=202)
    work(api)
    assert api("GET", "/conversations", waiting="true")["data"][0]["id"] == chat["id"]
    story = api("GET", f"/escalations/{told['id']}")
    assert story["state"] == "summarised"
    (message_id,) = story["summary"]["sentences"][0]["message_ids"]
    assert story["summary"]["facts"] == [
        {"kind": "reference", "value": "4711", "quote": "parcel 4711", "message_id": message_id}
    ]
    assert [line["what"] for line in story["timeline"]] == [
        "escalation.accepted", "escalation.summarised", "conversation.waiting",
    ]  # fmt: skip


def test_the_timeline_goes_on_to_the_ticket_at_its_desk(api: Api, chat, zendesk) -> None:
    body = {"desk": "zendesk", "name": "Support", "config": zendesk}
    connection = api("POST", "/connections", body, expect=201)["connection"]
    api("POST", "/routes", {"to": ["Support"]}, expect=201)
    told = api("POST", "/escalations", {"conversation_id": "chat-1"}, expect=202)
    work(api)
    story = api("GET", f"/escalations/{told['id']}")
    assert story["state"] == "ticketed"
    assert story["ticket"]["connection_id"] == connection["id"]
    assert (story["ticket"]["desk"], story["ticket"]["type"]) == ("zendesk", "external")
    assert {"ticket.created", "conversation.paused"} <= {x["what"] for x in story["timeline"]}
    ticket = api("GET", f"/tickets/{story['ticket']['id']}")
    assert ticket == story["ticket"]
    assert (
        api("GET", "/tickets", connection_id=connection["id"], status="open")["data"]
        or (api("GET", "/tickets", connection_id=connection["id"], status="new")["data"])
    )
    assert api("GET", "/tickets", desk="intercom")["data"] == []


def park(api: Api, escalation_id: str) -> None:
    """Put an escalation aside, as its worker does."""
    from hub.pipeline import parking
    from hub.store import work as works
    from hub.store.schema import escalations

    with api.house.store.transaction() as tx:
        row = tx.one("select * from escalations where id = :id", id=escalation_id)
        parking.park(tx, escalations, row, works.reason(tx, "invalid_request", "No such team."))


def test_a_parked_escalation_shows_why_and_goes_on_when_told(api: Api, chat) -> None:
    told = api("POST", "/escalations", {"conversation_id": "chat-1"}, expect=202)
    park(api, told["id"])
    parked = api("GET", "/escalations", state="parked")["data"]
    assert [(one["id"], one["parked"]["text"]) for one in parked] == [(told["id"], "No such team.")]
    gone_on = api("POST", f"/escalations/{told['id']}/retry")
    assert (gone_on["state"], gone_on["parked"]) == ("received", None)


def test_what_is_not_parked_is_not_retried(api: Api, chat) -> None:
    told = api("POST", "/escalations", {"conversation_id": "chat-1"}, expect=202)
    api("POST", f"/escalations/{told['id']}/retry", expect=409)


def test_escalations_are_filtered_by_their_conversation(api: Api, chat) -> None:
    told = api("POST", "/escalations", {"conversation_id": "chat-1"}, expect=202)
    listed = api("GET", "/escalations", conversation_id=chat["id"])["data"]
    assert [one["id"] for one in listed] == [told["id"]]
    assert api("GET", "/escalations", conversation_id="con_other")["data"] == []


def test_an_escalation_is_told_as_of_one_moment(
    api: Api, source, monkeypatch: pytest.MonkeyPatch
) -> None:
    escalated = api("POST", "/escalations", {"event": EVENT}, expect=202)

    def while_it_is_read(tx: Tx, escalation_id: str) -> Any:
        with api.house.store.transaction() as other:
            audit.record(other, api.workspace, "ticket.created", escalation_id=escalation_id)
        return timeline(tx, escalation_id)

    timeline = audit.timeline
    monkeypatch.setattr("hub.api.escalations.audit.timeline", while_it_is_read)
    shown = api("GET", f"/escalations/{escalated['id']}")
    assert shown["ticket"] is None
    assert "ticket.created" not in [line["what"] for line in shown["timeline"]]


def test_an_event_from_before_a_chat_was_deleted_is_refused(api: Api, source) -> None:
    past = EVENT | {"occurred_at": api.house.store.now().isoformat()}
    conversation = api("POST", "/escalations", {"event": EVENT}, expect=202)["conversation_id"]
    with api.house.store.transaction() as tx:
        mark = marks.of_chat(api.house.settings, source["id"], "chat-9")
        forgetting.forget(tx, {conversation: mark})
    for _ in range(2):  # the second time it is one that came before
        problem = api("POST", "/escalations", {"event": past | {"id": "evt-8"}}, expect=422)
        assert problem["errors"][0]["field"] == "event.occurred_at"
    assert api("POST", "/escalations", {"event": EVENT | {"id": "evt-10"}}, expect=202)


def test_two_calls_for_a_person_in_one_delivery_are_one_escalation(api: Api, source) -> None:
    row = api.row("select * from sources where id = :id", id=source["id"])
    told = {"type": "conversation.escalated", "occurred_at": api.house.store.now().isoformat()}
    first, again = (Event.model_validate(told | EVENT | {"id": name}) for name in ("e-1", "e-2"))
    receipt = Inbox(api.house, row).accept([("e-1", first), ("e-2", again)], "hash")
    assert len({one.escalation_id for one in receipt.accepted}) == 1
    assert len(api("GET", "/escalations")["data"]) == 1


def test_parked_escalations_go_on_together_and_tell_how_far(api: Api, chat) -> None:
    escalation = api("POST", "/escalations", {"conversation_id": "chat-1"}, expect=202)["id"]
    api("POST", "/escalations/retries", expect=409)  # nothing is parked
    with api.house.store.transaction() as tx:
        tx.run("update escalations set state = 'parked', parked = '{}'")
    api("POST", "/escalations/retries", {"ids": ["esc_of_nobody"]}, expect=409)
    begun = api("POST", "/escalations/retries", {"ids": [escalation]}, expect=202)
    assert (begun["total"], begun["done"], begun["ended_at"]) == (1, 0, None)
    work(api)
    told = api("GET", f"/escalations/retries/{begun['id']}")
    assert (told["done"], told["went_on"], told["stuck"]) == (1, 1, 0)
    assert told["ended_at"] is not None
    api("GET", "/escalations/retries/ret_none", expect=404)
