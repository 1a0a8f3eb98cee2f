"""What the contract tests need to know of Intercom."""

from connectors.intercom.sandbox_doors import WEAK_TOKEN, app_form, form
from connectors.intercom.sandbox_types import OWN_FIELDS
from connectors.sandbox import Harness
from connectors.types import Status


def harness(base_url: str) -> Harness:
    """What the contract tests need to know of Intercom."""
    good = form(f"{base_url}/intercom")
    return Harness(
        desk="intercom",
        own_fields=OWN_FIELDS,
        base_url=base_url,
        config=good,
        agents=("Ann Agent", "Ben Berger"),
        cannot=("merge", "delete"),  # no topic and no search tells of a deleted ticket
        wrong_config=good | {"access_token": "not-the-token"},
        weak_config=good | {"access_token": WEAK_TOKEN},
        weak_word="ticket",
        consent_config=app_form(f"{base_url}/intercom"),
        words={
            "submitted": Status.OPEN,
            "in_progress": Status.OPEN,
            "waiting_on_customer": Status.PENDING,
            "resolved": Status.SOLVED,
        },
        reach={
            Status.OPEN: Status.OPEN,
            Status.PENDING: Status.PENDING,
            Status.ON_HOLD: Status.ON_HOLD,  # snoozed
            Status.SOLVED: Status.SOLVED,
            Status.CLOSED: Status.CLOSED,  # `open` is false
        },
        strange_word=None,  # states have names of their own, but one of four categories
        closed_refuses=False,
        merged_refuses=False,
        signature_headers=("x-hub-signature",),
        unused_event=UNUSED_EVENT,
        settings={"search_lag": 0, "contact_lag": 0, "retry_after": 0.2, "endpoints": 9},
    )


UNUSED_EVENT = b"""{"type": "notification_event", "app_id": "a86dr8yl", "topic": "ping",
 "id": "notif_4a4b1f0e", "created_at": 1795341600, "delivery_attempts": 1,
 "first_sent_at": 1795341600, "data": {"type": "notification_event_data",
 "item": {"type": "ping", "message": "Hello"}}}"""
