"""The playground: a customer's chat and the agent's page side by side, to see the whole loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, flash, request

from connectors import registry
from connectors.types import Status
from hub import native
from hub.console import shell
from hub.console.shell import back_to, found, me, needs, page
from hub.current import house
from hub.pipeline import takeover
from hub.playground import Platform, script
from hub.playground.platform import open_ticket
from hub.store import Row, Tx, audit, conversations, escalations
from webhooks.errors import Refused

blueprint = shell.noun("playground")

LONGEST = 2000  # characters of a test message
LANGUAGES = {
    "en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "it": "Italiano",
    "pt": "Português", "ja": "日本語", "ar": "العربية",
}  # fmt: skip
STEPS: Mapping[str, Sequence[str]] = {  # by what the audit says
    "Escalated": ("escalation.accepted", "conversation.taken_over"),
    "Summarised": ("escalation.summarised",),
    "Ticket opened": ("ticket.created",),
    "A human speaks": ("conversation.paused",),
    "Reply delivered": ("agent.replied",),
    "AI resumed": ("conversation.resumed",),
}
RECENT = """
select c.id, c.speaker, c.waiting, c.state, c.started_at, m.text as last_text
from conversations c join sources s on s.id = c.source_id and s.playground
left join lateral (select text from messages where conversation_id = c.id
    order by seq desc limit 1) m on true
where c.workspace_id = :workspace order by c.id desc limit 10
"""
LATEST = "select * from escalations where conversation_id = :id order by id desc limit 1"
TOLD = """
select id, type, at from events where conversation_id = :id and direction = 'out'
order by id desc limit 8
"""


@dataclass(frozen=True)
class Step:
    """A part of the loop; `at` once it has happened."""

    name: str
    at: datetime | None
    seconds: float | None  # since the escalation


@blueprint.get("/playground")
@needs("admin")
def index() -> Response:
    """Begin a test conversation, or go back to one."""
    with house().store.transaction() as tx:
        recent = tx.all(RECENT, workspace=me().workspace_id)
        desks = _desks(tx)
    return page("playground/index.html", recent=recent, desks=desks, languages=LANGUAGES)


@blueprint.post("/playground")
@needs("admin")
def begin() -> Response:
    """The bot says hello."""
    language = request.form.get("language", "")
    conversation_id = _platform().begin(language if language in LANGUAGES else "en")
    return _back(conversation_id)


@blueprint.get("/playground/<conversation_id>")
@needs("admin")
def one(conversation_id: str) -> Response:
    """The chat, the ticket, and what happens in between."""
    with house().store.transaction() as tx:
        row = _conversation(tx, conversation_id)
        latest = tx.first(LATEST, id=row["id"])
        ticket = escalations.ticket_of(tx, latest["id"]) if latest else None
        desks = _desks(tx)
        return page(
            "playground/one.html",
            row=row,
            messages=conversations.transcript(tx, row["id"]),
            latest=latest,
            ticket=ticket,
            open=ticket is not None and not Status(ticket["status"]).done,
            steps=_steps(audit.timeline(tx, latest["id"]) if latest else ()),
            told=tx.all(TOLD, id=row["id"]),
            unheard=_platform().unheard(tx, row) is not None,
            desks=desks,
            desk=next((d["id"] for d in desks if d["id"] == request.args.get("desk")), ""),
            ideas=IDEAS.get(row["language"], IDEAS["en"]),
            longest=LONGEST,
        )


@blueprint.post("/playground/<conversation_id>/say")
@needs("admin")
def say(conversation_id: str) -> Response:
    """The test customer writes, and the bot answers or calls a human."""
    text = (request.form.get("idea") or request.form.get("text", "")).replace("\0", "").strip()
    with house().store.transaction() as tx:
        row = _conversation(tx, conversation_id)
    if text:
        _platform().say(row, text[:LONGEST], request.form.get("desk") or None)
    return _back(conversation_id)


@blueprint.post("/playground/<conversation_id>/hear")
@needs("admin")
def hear(conversation_id: str) -> Response:
    """The bot hears that it may speak again."""
    with house().store.transaction() as tx:
        row = _conversation(tx, conversation_id)
    _platform().hear(row)
    return _back(conversation_id)


@blueprint.post("/playground/<conversation_id>/agent")
@needs("admin")
def act(conversation_id: str) -> Response:
    """What the agent does: take it over, reply, or hand it back with what was decided."""
    deed, text = request.form.get("deed"), request.form.get("text", "").strip()[:LONGEST]
    with house().store.transaction() as tx:
        row = conversations.lock(tx, _conversation(tx, conversation_id)["id"])
        if deed == "take" and row["speaker"] == "ai":
            takeover.take_over(tx, row, user=me().user, actor=me().actor)
        elif deed == "resume" and row["speaker"] == "human":
            takeover.resume(tx, row, actor=me().actor, words=text or None)
        elif deed == "reply" and text:
            _reply(tx, row, text)
    return _back(conversation_id)


@blueprint.post("/playground/<conversation_id>/reset")
@needs("admin")
def reset(conversation_id: str) -> Response:
    """This test ends, and another begins in the same language."""
    with house().store.transaction() as tx:
        row = _conversation(tx, conversation_id)
    platform = _platform()
    platform.end(row, actor=me().actor)
    return _back(platform.begin(row["language"] or "en"))


@blueprint.errorhandler(Refused)
def _refused(refusal: Refused) -> Response:
    """What any platform is told; here, a person reads it."""
    flash(f"The hub did not take it: {refusal.reason}", "danger")
    return back_to("playground.index")


def _platform() -> Platform:
    return Platform(house(), me().workspace_id)


def _conversation(tx: Tx, conversation_id: str) -> Row:
    """A test conversation of the workspace; of customers' there is nothing here."""
    row: Row = found(
        tx.first(
            "select c.* from conversations c join sources s on s.id = c.source_id"
            " and s.playground where c.id = :id and c.workspace_id = :workspace",
            id=conversation_id,
            workspace=me().workspace_id,
        )
    )
    return row


def _reply(tx: Tx, conversation: Row, text: str) -> None:
    ticket = open_ticket(tx, conversation["id"])
    if ticket is None or ticket["desk"] != registry.NATIVE:
        flash("There is no open Help Desk ticket here, so nothing was sent.", "warning")
        return
    at_desk = tx.one(
        "select * from native_tickets where id = :id for update", id=ticket["external_id"]
    )
    name = me().user["name"] if me().user else "Agent"  # type: ignore[index]
    native.reply(tx, ticket["connection_id"], at_desk, {"name": name}, text)


def _steps(lines: Sequence[Row]) -> list[Step]:
    """The parts of the loop, and when each happened last."""
    began = lines[0]["at"] if lines else None
    steps = []
    for name, whats in STEPS.items():
        at = max((line["at"] for line in lines if line["what"] in whats), default=None)
        steps.append(Step(name, at, (at - began).total_seconds() if at and began else None))
    return steps


def _desks(tx: Tx) -> Sequence[Row]:
    """Where the test may go; a paused one would not answer."""
    return tx.all(
        "select id, name, desk from connections where workspace_id = :id and state = 'active'"
        " order by desk <> 'live_chat', lower(name)",
        id=me().workspace_id,
    )


def _back(conversation_id: str) -> Response:
    """The chat, with the desk that was chosen."""
    chosen: Any = request.form.get("desk") or request.args.get("desk") or None
    return back_to("playground.one", conversation_id=conversation_id, desk=chosen)


IDEAS: Mapping[str, Sequence[str]] = {  # what the customer may say, at a click
    "en": ("Where is my parcel 4711?", "I want my money back.", "A human, please."),
    "de": ("Wo ist mein Paket 4711?", "Ich möchte mein Geld zurück.",
           "Einen Menschen, bitte."),
    "fr": ("Où est mon colis 4711 ?", "Je veux être remboursé.", "Un conseiller, s'il vous plaît."),
    "es": ("¿Dónde está mi pedido 4711?", "Quiero un reembolso.", "Una persona, por favor."),
    "it": ("Dov'è il mio pacco 4711?", "Vorrei un rimborso.", "Una persona, per favore."),
    "pt": ("Onde está a minha encomenda 4711?", "Quero o meu dinheiro de volta.",
           "Uma pessoa, por favor."),
    "ja": ("荷物4711はどこですか。", "返金してください。", "担当者につないでください。"),
    "ar": ("أين طردي رقم 4711؟", "أريد استرداد مالي.", "أريد التحدث إلى موظف من فضلك."),
}  # fmt: skip
assert IDEAS.keys() == LANGUAGES.keys() == script.SCRIPT.keys()
