"""Outbound Messages: a record's fields in SOAP, repeated until somebody says Ack.

Nothing is signed. Who receives them tells them by the organization's id and by a word that the
person who set them up put into the address. Salesforce tries for 24 hours, waiting longer each
time, up to two hours; a 200 without `<Ack>true</Ack>` counts as a failure.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from connectors.salesforce.sandbox_doors import ORG
from connectors.salesforce.sandbox_ids import Ids
from connectors.salesforce.sandbox_schema import KEY_FIELD
from connectors.sandbox import Outgoing

FIELDS = {  # what the person chose to send of each object
    "Case": ("CaseNumber", "IsClosed", "OwnerId", "Status", "SystemModstamp", KEY_FIELD),
    "CaseComment": ("CommentBody", "CreatedById", "CreatedDate", "IsPublished", "ParentId"),
}
LONGEST_WAIT = 7200.0  # seconds
KEPT = 86_400.0  # seconds
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<soapenv:Envelope xmlns:soapenv="{SOAP}" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
    ' <soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound">\n'
    "  <OrganizationId>{org}</OrganizationId><ActionId>{action}</ActionId>"
    '<SessionId xsi:nil="true"/>\n'
    "  <EnterpriseUrl>{url}/services/Soap/c/66.0/{org}</EnterpriseUrl>"
    "<PartnerUrl>{url}/services/Soap/u/66.0/{org}</PartnerUrl>\n"
    "  <Notification><Id>{id}</Id>"
    '<sObject xsi:type="sf:{kind}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
    "{fields}</sObject></Notification>\n"
    " </notifications></soapenv:Body></soapenv:Envelope>"
)


class Outbound:
    """The org's outbound messages, all set up by hand."""

    def __init__(
        self,
        ids: Ids,
        settings: Mapping[str, float],
        send: Callable[[Outgoing], None],
        url: Callable[[], str],
    ) -> None:
        self.ids = ids
        self.settings = settings
        self.send = send
        self.url = url
        self.endpoints: dict[str, str] = {}  # address as the person was told: with the secret
        self.over = False

    def register(self, url: str, secret: str) -> None:
        """A person enters the address, with the secret where we tell people to put it."""
        parts = urlsplit(url)
        joint = "&" if parts.query else "?"
        self.endpoints[url] = f"{url}{joint}token={secret}" if secret else url

    def tell(self, kind: str, row: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """A record was made or changed."""
        for address in self.endpoints.values():
            told = self.ids.new("04l")
            fields = {"Id": row["Id"]} | {name: row[name] for name in FIELDS[kind]}
            body = ENVELOPE.format(
                org=ORG,
                action="04k5g000000CaseAAA",
                url=self.url(),
                id=told,
                kind=kind,
                fields="".join(_element(name, value) for name, value in fields.items()),
            )
            self._post(address, body.encode(), {**facts, "event": told, "type": kind}, 1)

    def _post(self, address: str, body: bytes, facts: Mapping[str, Any], attempt: int) -> None:
        def again(_attempt: int, status: int | None, _headers: Mapping[str, str]) -> None:
            """Later, and out of order: others do not wait for this one."""
            if status != 200:
                self._later(address, body, facts, attempt)

        self.send(
            Outgoing(
                url=address,
                body=body,
                headers=lambda: {
                    "Content-Type": "text/xml; charset=utf-8",
                    "SOAPAction": '""',
                    "User-Agent": "Salesforce/66.0",
                },
                facts=facts,
                again=again,
                accepted=acknowledged,
            )
        )

    def _later(self, address: str, body: bytes, facts: Mapping[str, Any], attempt: int) -> None:
        wait = min(self.settings["ack_retry"] * 2 ** (attempt - 1), LONGEST_WAIT)
        if self.over or wait * 2 > KEPT:
            return
        timer = threading.Timer(wait, self._once_more, (address, body, facts, attempt + 1))
        timer.daemon = True
        timer.start()

    def _once_more(self, address: str, body: bytes, facts: Any, attempt: int) -> None:
        if not self.over:
            self._post(address, body, facts, attempt)


def acknowledged(body: bytes) -> bool:
    """True for the SOAP answer that ends the matter."""
    return b"<Ack>true</Ack>" in body.replace(b"ns1:", b"")


def _element(name: str, value: Any) -> str:
    if value is None:
        return f'<sf:{name} xsi:nil="true"/>'
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = text.replace("+0000", "Z") if name.endswith(("Date", "Modstamp")) else text
    return f"<sf:{name}>{escape(text)}</sf:{name}>"
