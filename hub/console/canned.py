"""Canned texts: the page where they are kept, and what they say to one customer."""

import re
from collections.abc import Mapping
from http import HTTPStatus

from flask import Response, flash, jsonify, request

from hub.console import shell
from hub.console.shell import back_to, found, me, needs, page, user
from hub.current import house
from hub.store import Row, Tx, audit, canned, conversations

blueprint = shell.noun("canned")

LONGEST_NAME, LONGEST = 60, 10_000  # characters
PLACEHOLDERS = {
    "customer.name": "the customer's name",
    "customer.first_name": "the first word of it",
    "customer.email": "the customer's e-mail",
    "agent.name": "your name",
    "conversation.id": "the conversation's number at your platform",
}
HOLE = re.compile(r"\{([a-z_.]+)(?:\|([^{}]*))?\}")


@blueprint.get("/canned-texts")
def index() -> Response:
    """Every text, and a form for one more."""
    return _shown(None)


@blueprint.get("/canned-texts/<canned_id>")
def one(canned_id: str) -> Response:
    """The same with one of them in the form."""
    with house().store.transaction() as tx:
        return _shown(found(canned.get(tx, me().workspace_id, canned_id)))


@blueprint.post("/canned-texts")
@needs("agent")
def save() -> Response:
    """Keep a text, or tell what is wrong with it."""
    canned_id = request.form.get("id") or None
    name = " ".join(request.form.get("name", "").split())
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    wrong = _wrong(name, text)
    if not wrong:
        try:
            with house().store.transaction() as tx:
                if canned_id is not None:
                    found(canned.get(tx, me().workspace_id, canned_id))
                canned.save(tx, me().workspace_id, canned_id, name, text)
                _record(tx, "canned_text.saved", name)
        except canned.Taken:
            wrong = {"name": "Another text has this name. Choose one that tells them apart."}
    if wrong:
        answer = _shown({"id": canned_id, "name": name, "text": text}, wrong)
        answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return answer
    flash(f"“{name}” is saved. Write / in a reply to insert it.", "success")
    return back_to("canned.index")


@blueprint.post("/canned-texts/<canned_id>/remove")
@needs("agent")
def remove(canned_id: str) -> Response:
    """Forget a text."""
    with house().store.transaction() as tx:
        row = found(canned.get(tx, me().workspace_id, canned_id))
        canned.remove(tx, me().workspace_id, row["id"])
        _record(tx, "canned_text.removed", row["name"])
    flash("The text is deleted.", "success")
    return back_to("canned.index")


@blueprint.get("/conversations/<conversation_id>/canned-texts")
def filled(conversation_id: str) -> Response:
    """Every text as it reads for this conversation's customer."""
    with house().store.transaction() as tx:
        row = found(conversations.get(tx, me().workspace_id, conversation_id))
        texts = canned.all_of(tx, me().workspace_id)
    known = _known(row, user())
    told = [{"name": one["name"], "text": fill(one["text"], known)} for one in texts]
    return jsonify({"data": told})


def fill(text: str, known: Mapping[str, str]) -> str:
    """The text with its placeholders filled; one that is not known becomes its other words."""
    return HOLE.sub(lambda hole: known.get(hole[1]) or (hole[2] or ""), text)


def _known(conversation: Row, teammate: Row) -> dict[str, str]:
    requester = conversation["requester"]
    name = requester.get("name") or ""
    return {
        "customer.name": name,
        "customer.first_name": next(iter(name.split()), ""),
        "customer.email": requester.get("email") or "",
        "agent.name": teammate["name"],
        "conversation.id": conversation["external_id"],
    }


def _record(tx: Tx, what: str, name: str) -> None:
    audit.record(tx, me().workspace_id, what, name, actor=me().actor)


def _wrong(name: str, text: str) -> dict[str, str]:
    """What is wrong, by field."""
    wrong = {}
    if not name or len(name) > LONGEST_NAME or "\0" in name:
        wrong["name"] = f"Give it a name of at most {LONGEST_NAME} characters."
    if not text or len(text) > LONGEST or "\0" in text:
        wrong["text"] = f"Write a text of at most {LONGEST:,} characters."
    unknown = sorted({hole[1] for hole in HOLE.finditer(text)} - PLACEHOLDERS.keys())
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        wrong["text"] = f"{{{unknown[0]}}} is none of the placeholders: {known}."
    return wrong


def _shown(chosen: Mapping[str, str | None] | None, wrong: Mapping[str, str] = {}) -> Response:  # noqa: B006
    with house().store.transaction() as tx:
        texts = canned.all_of(tx, me().workspace_id)
    return page("canned.html", texts=texts, chosen=chosen, wrong=wrong, placeholders=PLACEHOLDERS)
