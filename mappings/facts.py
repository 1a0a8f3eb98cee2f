"""The facts that a mapping may use: what each is, and a sample of all of them."""

from typing import Any, Final

# Below this path, any name: a source sends what it likes.
OPEN: Final = "escalation.fields"

FACTS: Final[dict[str, str]] = {
    "escalation.id": "the escalation's id; also the key that finds the ticket again",
    "escalation.reason.code": "why the AI gave up, as a short code of the source",
    "escalation.reason.text": "why the AI gave up, in a sentence",
    "escalation.reason.rule": "the source's rule that fired",
    "escalation.target": "the desk or connection that the source asked for",
    "escalation.team": "the team that the source asked for",
    "escalation.priority": "how urgent the source says it is, in the source's own word",
    "escalation.fields": "whatever else the source sent; one of them: `escalation.fields.NAME`",
    "escalation.created_at": "when the AI gave up (RFC 3339, UTC)",
    "conversation.id": "the conversation's id in the hub",
    "conversation.external_id": "the conversation's id at the source",
    "conversation.channel": "where the customer writes: web, whatsapp, email, …",
    "conversation.language": "the language that the channel reports",
    "conversation.url": "the conversation at the source, as a link",
    "requester.id": "the customer's id at the source",
    "requester.name": "the customer's name",
    "requester.email": "the customer's e-mail address",
    "requester.phone": "the customer's phone number",
    "summary.subject": "the subject line, at most 80 characters, in the customer's language",
    "summary.text": "the summary's two or three sentences as one text",
    "summary.language": "the language that the customer writes",
    "summary.method": "how the summary was written: `extractive` (quoted), or by a language model",
    "summary.sentences": "the summary as a list of `{text, message_ids}`; in a text use "
    "`summary.text`",
    "summary.facts": "all facts as a list of `{kind, value, quote, message_id}`; of each kind the "
    "first: `facts.KIND`",
    "facts.reference": "the first order's, invoice's, parcel's, … number that was named",
    "facts.amount": "the first amount of money: its number and its currency",
    "facts.date": "the first date; as `2026-05-03` where the words tell the year",
    "facts.email": "the first e-mail address that the customer wrote",
    "facts.phone": "the first phone number that the customer wrote",
    "facts.product": "the first product that the customer named",
    "facts.offer": "what the assistant or an agent held out, in its words",
    "facts.question": "the customer's last question, if nobody answered it",
    "facts.tone": "`annoyed`, `urgent` or `calm`, where the customer's words show it",
    "source.name": "the bot platform that escalated, as it is called in the hub",
    "source.dialect": "the dialect that the source speaks",
    "workspace.slug": "the workspace's short name",
    "workspace.name": "the workspace's name",
    "transcript.messages": "how many messages the conversation has",
    "transcript.first_customer_message": "the first thing that the customer wrote",
    "transcript.last_customer_message": "the last thing that the customer wrote",
}

# The longest that a fact can be, in characters, of those that have an end.
LENGTHS: Final[dict[str, int]] = {
    "escalation.id": 30,
    "escalation.created_at": 30,
    "conversation.id": 30,
    "conversation.language": 35,
    "summary.subject": 80,
    "summary.language": 35,
    "summary.method": 40,
    "facts.reference": 40,
    "facts.tone": 10,
    "transcript.messages": 10,
}

SAMPLE: Final[dict[str, Any]] = {
    "escalation": {
        "id": "esc_06g5v2m8k0r7t9w1y3a5c7e9g1",
        "reason": {
            "code": "Customer request",
            "text": "Die Kundin möchte einen Menschen sprechen",
            "rule": "asks_for_a_person",
        },
        "target": "zendesk",
        "team": "billing",
        "priority": "P2",
        "fields": {
            "order_number": "A-20417",
            "plan": "Pro",
            "seats": 12,
            "trial": False,
            "topics": ["Rechnung", "Rückerstattung", "請求書"],
        },
        "created_at": "2026-11-22T09:41:07Z",
    },
    "conversation": {
        "id": "con_06g5v2m7d4f6h8j0k2m4p6r8t0",
        "external_id": "bb-88213",
        "channel": "whatsapp",
        "language": "de-AT",
        "url": "https://bots.example/conversations/bb-88213",
    },
    "requester": {
        "id": "cus_5591",
        "name": "Zoë Großmann",
        "email": "zoe.grossmann@kundin.example",
        "phone": None,
    },
    "summary": {
        "subject": "Rechnung A-20417 doppelt abgebucht, ich möchte mein Geld zurück",
        "text": "Die Kundin schrieb: „Sie haben mir die Rechnung A-20417 zweimal abgebucht.“ "
        "Der Assistent antwortete: „Ich sehe zwei Abbuchungen vom 20. November.“",
        "language": "de",
        "method": "extractive",
        "sentences": [
            {
                "text": "Die Kundin schrieb: „Sie haben mir die Rechnung A-20417 zweimal "
                "abgebucht.“",
                "message_ids": ["msg_1"],
            },
            {
                "text": "Der Assistent antwortete: „Ich sehe zwei Abbuchungen vom 20. November.“",
                "message_ids": ["msg_2"],
            },
        ],
        "facts": [
            {
                "kind": "reference",
                "value": "A-20417",
                "quote": "Rechnung A-20417",
                "message_id": "msg_1",
            },
        ],
    },
    "facts": {
        "reference": "A-20417",
        "amount": None,
        "date": None,
        "email": None,
        "phone": None,
        "product": None,
        "offer": None,
        "question": None,
        "tone": "annoyed",
    },
    "source": {"name": "Website bot", "dialect": "standard"},
    "workspace": {"slug": "default", "name": "Café Müller KG"},
    "transcript": {
        "messages": 7,
        "first_customer_message": "Hallo, Sie haben mir die Rechnung A-20417 zweimal abgebucht 😡",
        "last_customer_message": "Can I talk to a person please? 日本語でも大丈夫です。",
    },
}
