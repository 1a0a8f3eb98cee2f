"""Fields of Salesforce, from answers as its documentation shows them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Ports
from connectors.salesforce.config import Config
from connectors.salesforce.connector import Salesforce
from connectors.types import Choice, Field
from tests.connectors.scripted import Answer, Script, server

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server(prefix="/salesforce") as script:
        script.at("POST", "/services/oauth2/token", {"access_token": "t1"})
        queues = [{"Id": "00G000000000001EAA", "Name": "Support"}]
        told = {"totalSize": 1, "done": True, "records": queues}
        script.at("GET", "/services/data/v66.0/query/", Answer(told, headers=JSON))
        yield script


def listed(vendor: Script) -> dict[str, Field]:
    config = Config(my_domain="acme", client_id="key", client_secret="x", base_url=vendor.url)
    found = Salesforce(config, Ports(now=lambda: NOW, timeout=(1.0, 2.0))).fields()
    return {field.path: field for field in found}


JSON = {"Content-Type": "application/json"}


def raw(name: str, kind: str, **more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"name": name, "label": f"The {name}", "type": kind, "length": 0}
    plain |= {"createable": True, "nillable": True, "defaultedOnCreate": False}
    return plain | {"picklistValues": []} | more


def describe(vendor: Script, *fields: dict[str, Any], types: Any = ()) -> dict[str, Field]:
    told = {"name": "Case", "fields": list(fields), "recordTypeInfos": list(types)}
    path = "/services/data/v66.0/sobjects/Case/describe"
    vendor.at("GET", path, Answer(told, headers=JSON))
    return listed(vendor)


def test_only_what_the_user_may_set_is_listed_and_never_our_key(vendor: Script) -> None:
    known = describe(
        vendor,
        raw("Subject", "string", length=255),
        raw("CaseNumber", "string", createable=False),
        raw("Hub_Key__c", "string", length=64),
    )
    assert list(known) == ["Subject"] and known["Subject"].max == 255


def test_a_field_is_required_when_the_org_neither_fills_nor_forgoes_it(vendor: Script) -> None:
    known = describe(
        vendor,
        raw("Needed__c", "double", nillable=False),
        raw("Filled__c", "string", length=9, nillable=False, defaultedOnCreate=True),
        raw("Flag__c", "boolean", nillable=False),
    )
    assert [name for name, field in known.items() if field.required] == ["Needed__c"]


def test_picklists_show_active_values_and_record_types_those_of_the_user(vendor: Script) -> None:
    values = [
        {"value": "A", "label": "Aa", "active": True},
        {"value": "B", "label": "B", "active": False},
    ]
    types = [
        {"recordTypeId": "012A", "name": "Escalation", "available": True, "master": False},
        {"recordTypeId": "012B", "name": "Sales", "available": False, "master": False},
        {"recordTypeId": "012M", "name": "Master", "available": True, "master": True},
    ]
    known = describe(
        vendor,
        raw("Topics__c", "multipicklist", picklistValues=values),
        raw("RecordTypeId", "reference", length=18),
        raw("OwnerId", "reference", length=18),
        types=types,
    )
    assert known["Topics__c"].choices == (Choice(value="A", label="Aa"),)
    assert known["Topics__c"].type == "choices"
    assert known["RecordTypeId"].choices == (Choice(value="012A", label="Escalation"),)
    assert known["OwnerId"].choices[0].label == "Support" and known["OwnerId"].others
