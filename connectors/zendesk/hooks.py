"""Our webhook in a Zendesk account: made, repaired, or told to a person."""

from collections.abc import Mapping
from typing import Any

from connectors.errors import AuthFailed
from connectors.http import understood
from connectors.types import Registration
from connectors.zendesk.api import Api
from connectors.zendesk.config import SUBSCRIPTIONS, WEBHOOK_NAME


def ensure(api: Api, url: str) -> Registration:
    """One active webhook to `url` with our subscriptions, and the secret that Zendesk made."""
    try:
        webhook = _working(api, url) or _create(api, url)
        answer = api.call("GET", f"/webhooks/{webhook}/signing_secret")
    except AuthFailed as refused:
        return Registration(steps=_steps(url, str(refused)))
    with understood("GET /webhooks/{id}/signing_secret"):
        return Registration(id=webhook, secret=str(answer["signing_secret"]["secret"]))


def _working(api: Api, url: str) -> str | None:
    """The id of a good webhook to `url`; any other webhook to it is deleted.

    Deleted, not changed: Zendesk does not let a trigger's webhook become one of events.
    """
    good = None
    for webhook in _to(api, url):
        if good is None and _is_good(webhook):
            good = str(webhook["id"])
        else:
            api.call("DELETE", f"/webhooks/{webhook['id']}")
    return good


def _to(api: Api, url: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    query: dict[str, Any] = {"page[size]": 100}
    while True:
        answer = api.call("GET", "/webhooks", params=query)
        with understood("GET /webhooks"):
            found += [webhook for webhook in answer["webhooks"] if webhook["endpoint"] == url]
            meta = answer.get("meta") or {}
            if not meta.get("has_more"):
                return found
            query["page[after]"] = meta["after_cursor"]


def _is_good(webhook: Mapping[str, Any]) -> bool:
    active = webhook.get("status") == "active"
    return active and set(SUBSCRIPTIONS) <= set(webhook.get("subscriptions") or ())


def _create(api: Api, url: str) -> str:
    form = {
        "name": WEBHOOK_NAME,
        "endpoint": url,
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
        "subscriptions": list(SUBSCRIPTIONS),
    }
    answer = api.call("POST", "/webhooks", json={"webhook": form})
    with understood("POST /webhooks"):
        return str(answer["webhook"]["id"])


def _steps(url: str, refusal: str) -> tuple[str, ...]:
    return (
        f"Zendesk lets only an admin make webhooks ({refusal}). As an admin, open Admin Center, "
        "Apps and integrations, Webhooks, Create webhook.",
        "Choose Zendesk events, and of the ticket events: Status changed, Comment added, "
        "Attachment linked to comment, Agent assignment changed, Merged, Soft deleted, "
        "Permanently deleted.",
        f"Enter the endpoint {url}, request method POST, request format JSON, and no "
        "authentication; then Create webhook.",
        "Open the webhook, choose Reveal secret, and enter that signing secret on the page of this "
        "connection in the hub.",
    )
