"""Salesforce's outbound messages: check the secret of their address, then tell what to read.

They are SOAP without a signature, so that a message is only a hint: the case is read before
anything in it is believed. Pure functions.
"""

from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

from connectors import signatures
from connectors.errors import BadDelivery
from connectors.salesforce import words
from connectors.salesforce.config import Config
from connectors.types import Change, Delivery

OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
SOBJECT = "{urn:sobject.enterprise.soap.sforce.com}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
# Without exactly this answer Salesforce sends the message again, for 24 hours.
ACKNOWLEDGES = (
    "text/xml",
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    b"</notificationsResponse></soapenv:Body></soapenv:Envelope>",
)
CASE_OF = {"Case": "Id", "CaseComment": "ParentId", "EmailMessage": "ParentId"}
PARAMETER = "token"


def address(url: str, secret: str) -> str:
    """The endpoint that a person enters: nobody else can know it."""
    return f"{url}{'&' if urlsplit(url).query else '?'}{PARAMETER}={secret}"


def steps(address: str, key_field: str) -> tuple[str, ...]:
    """How a person sets up the outbound messages, which no API does."""
    return (
        "In Salesforce, open Setup, Outbound Messages, New Outbound Message, and choose Case.",
        f"Enter the endpoint URL {address} and the fields Id, Status and {key_field}; leave Send "
        "Session ID off, and save.",
        "Make the same for Case Comment and for Email Message, with the fields Id and ParentId.",
        "Open Setup, Flows, and make a record-triggered flow for each of the three objects, after "
        "save, when a record is created or updated; its action is the outbound message. For Case, "
        f"let it begin only when {key_field} is not empty. Activate the flows.",
    )


def verify(delivery: Delivery, config: Config) -> None:
    """Raise `BadDelivery` unless the secret stands in the address, and our org sent the message."""
    secret = signatures.require_secret(delivery)
    query = dict(parse_qsl(urlsplit(delivery.url).query))
    given = query.get(PARAMETER)
    if not given:
        raise BadDelivery("the secret is missing in the address")
    signatures.require_equal(secret, given)
    if config.organization_id:
        sender = _notifications(delivery.body).findtext(f"{OUTBOUND}OrganizationId") or ""
        signatures.require_equal(config.organization_id[:15], sender.strip()[:15])


def parse(delivery: Delivery, config: Config) -> list[Change]:
    """A hint for each of the hub's cases that a message names."""
    hints = []
    for told in _notifications(delivery.body).iter(f"{OUTBOUND}Notification"):
        record = told.find(f"{OUTBOUND}sObject")
        if record is None:
            continue
        kind = str(record.get(TYPE)).rpartition(":")[2]
        case = record.findtext(f"{SOBJECT}{CASE_OF.get(kind)}")
        key = record.findtext(f"{SOBJECT}{config.key_field}")
        if case and (key is None or words.ours(key)):
            number = told.findtext(f"{OUTBOUND}Id")
            hint = Change(
                id=f"outbound:{number}",
                ticket_id=words.id18(case.strip()),
                kind="hint",
                at=delivery.received_at,
                key=key,
            )
            hints.append(hint)
    return hints


def _notifications(body: bytes) -> ElementTree.Element:
    """The message's content; what declares types or entities is refused before it is parsed."""
    try:
        text = body.decode()
        if "<!" in text:
            raise BadDelivery("the body has a document type or entities")
        found = ElementTree.fromstring(text).find(f"{ENVELOPE}Body/{OUTBOUND}notifications")
    except (ValueError, ElementTree.ParseError):
        raise BadDelivery("the body is not XML") from None
    if found is None:
        raise BadDelivery("the body is no outbound message")
    return found
