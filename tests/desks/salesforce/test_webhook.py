"""Salesforce's outbound messages: believed by the secret in their address, and only as a hint."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Ports
from connectors.errors import BadDelivery
from connectors.salesforce import CONNECTOR
from connectors.salesforce.config import Config
from connectors.types import Change, Delivery

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SECRET = "a-secret-that-only-the-address-holds"
ORG = "00Dxx0000001gPFEAY"
BODY = b"""<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound">
  <OrganizationId>00Dxx0000001gPFEAY</OrganizationId><ActionId>04kxx0000000001AAA</ActionId>
  <SessionId xsi:nil="true"/>
  <EnterpriseUrl>https://acme.my.salesforce.com/services/Soap/c/66.0/00Dxx0000001gPF</EnterpriseUrl>
  <PartnerUrl>https://acme.my.salesforce.com/services/Soap/u/66.0/00Dxx0000001gPF</PartnerUrl>
  <Notification><Id>04lxx000000000BAAQ</Id>
   <sObject xsi:type="sf:Case" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
    <sf:Id>500xx000000bcXyAAI</sf:Id><sf:CaseNumber>00001026</sf:CaseNumber>
    <sf:Status>Closed</sf:Status><sf:Hub_Key__c>esc_42</sf:Hub_Key__c>
   </sObject></Notification>
 </notifications></soapenv:Body></soapenv:Envelope>"""
HINT = Change(
    id="outbound:04lxx000000000BAAQ",
    ticket_id="500xx000000bcXyAAI",
    kind="hint",
    at=NOW,
    key="esc_42",
)


def salesforce(**form: Any) -> CONNECTOR:
    config = Config(my_domain="acme", client_id="key", client_secret="hush-hush", **form)
    return CONNECTOR(config, Ports(now=lambda: NOW))


def delivery(body: bytes = BODY, **more: Any) -> Delivery:
    url = f"https://hub.example/webhooks/desks/cxn_1?token={SECRET}"
    whole: dict[str, Any] = {"method": "POST", "url": url, "headers": {}, "body": body}
    return Delivery(**whole | {"received_at": NOW, "secret": SECRET} | more)


def parsed(body: bytes) -> list[Change]:
    return salesforce().parse_webhook(delivery(body))


def test_a_message_is_a_hint_to_read_the_case() -> None:
    salesforce().verify_signature(delivery())
    assert parsed(BODY) == [HINT]


def test_a_short_id_is_made_long() -> None:
    assert parsed(BODY.replace(b"500xx000000bcXyAAI", b"500xx000000bcXy")) == [HINT]


@pytest.mark.parametrize("kind", [b"CaseComment", b"EmailMessage"])
def test_a_comment_and_an_email_name_their_case(kind: bytes) -> None:
    body = BODY.replace(b"sf:Case", b"sf:" + kind, 1)
    body = body.replace(b"<sf:Id>500xx000000bcXyAAI</sf:Id>", b"<sf:Id>00axx0000001AAA</sf:Id>")
    body = body.replace(
        b"<sf:Hub_Key__c>esc_42</sf:Hub_Key__c>",
        b"<sf:ParentId>500xx000000bcXyAAI</sf:ParentId>",
    )
    assert parsed(body) == [replace(HINT, key=None)]


def test_cases_of_others_and_other_records_are_none_of_our_business() -> None:
    assert parsed(BODY.replace(b"esc_42", b"order-42")) == []
    assert parsed(BODY.replace(b'"sf:Case"', b'"sf:Account"')) == []


def test_several_notifications_are_several_hints() -> None:
    (one,) = re.findall(rb"<Notification>.*</Notification>", BODY, re.DOTALL)
    other = one.replace(b"04lxx000000000BAAQ", b"04lxx000000000CAAQ")
    found = parsed(BODY.replace(one, one + other))
    assert [c.id for c in found] == ["outbound:04lxx000000000BAAQ", "outbound:04lxx000000000CAAQ"]


@pytest.mark.parametrize(
    "query", ["", "?token=", "?token=wrong", "?other=1", f"?other={SECRET}", f"#token={SECRET}"]
)
def test_without_the_secret_in_the_address_nothing_is_believed(query: str) -> None:
    url = f"https://hub.example/webhooks/desks/cxn_1{query}"
    with pytest.raises(BadDelivery):
        salesforce().verify_signature(delivery(url=url))


def test_the_address_for_a_person_is_the_one_that_is_believed() -> None:
    (step,) = [
        one
        for one in salesforce().ensure_webhooks("https://hub.example/d", SECRET).steps
        if "https://" in one
    ]
    address = re.search(r"https://\S+", step)
    assert address
    salesforce().verify_signature(delivery(url=address[0]))


def test_a_message_of_another_org_is_refused_when_ours_is_known() -> None:
    for ours in (ORG, ORG[:15]):
        salesforce(organization_id=ours).verify_signature(delivery())
    for body in (BODY.replace(ORG.encode(), b"00Dxx0000001gPGEAY"), BODY.replace(b"Org", b"Urg")):
        with pytest.raises(BadDelivery):
            salesforce(organization_id=ORG).verify_signature(delivery(body))


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>',
        BODY.replace(
            b"<soapenv:Envelope", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><soapenv:Envelope', 1
        ),
        BODY.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        BODY.replace(b"Closed", b"\xff"),
        BODY[:-9],
        BODY.replace(b"notifications", b"notification"),
        b"<a>" * 100_000,
    ],
    ids=["entity", "document type", "UTF-16", "no UTF-8", "cut", "other", "deep"],
)
def test_dangerous_and_broken_xml_is_refused(body: bytes) -> None:
    with pytest.raises(BadDelivery):
        parsed(body)


def test_a_message_with_parts_missing_never_crashes() -> None:
    parts = re.findall(rb"<(?:sf:)?\w+[^<>]*>[^<>]*</(?:sf:)?\w+>", BODY)
    assert len(parts) > 6
    for part in parts:
        salesforce().parse_webhook(delivery(BODY.replace(part, b"")))
        salesforce().parse_webhook(delivery(BODY.replace(part, re.sub(rb">[^<]*<", b"><", part))))


def test_the_answer_ends_the_retries() -> None:
    assert CONNECTOR.acknowledges
    kind, body = CONNECTOR.acknowledges
    assert kind == "text/xml" and b"<Ack>true</Ack>" in body
