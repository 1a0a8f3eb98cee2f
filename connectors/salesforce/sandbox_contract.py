"""What the contract tests need to know of Salesforce, from the vendor's facts."""

from connectors.salesforce.sandbox_doors import CLIENTS, ORG
from connectors.salesforce.sandbox_outbound import ENVELOPE
from connectors.salesforce.sandbox_schema import KEY_FIELD, OWN_FIELDS
from connectors.sandbox import Harness
from connectors.types import Status

DOMAIN = "acme"
AGENTS = ("Ann Agent", "Ben Berger")


def harness(base_url: str) -> Harness:
    """What the contract tests need to know of Salesforce."""
    here = {"my_domain": DOMAIN, "base_url": f"{base_url}/salesforce"}
    (hub, (secret, _)), (limited, (other, _)) = CLIENTS.items()
    config = here | {"client_id": hub, "client_secret": secret}
    return Harness(
        desk="salesforce",
        own_fields=OWN_FIELDS,
        needs=(),  # nothing but the org's own rules
        base_url=base_url,
        config=config,
        agents=AGENTS,
        wrong_config=config | {"client_secret": "not-the-secret"},
        weak_config=here | {"client_id": limited, "client_secret": other},
        weak_word=KEY_FIELD,
        consent_config=config | {"authorized": True},
        page=200,
        words={
            "New": Status.OPEN,
            "Working": Status.OPEN,
            "Escalated": Status.OPEN,
            "Waiting on Customer": Status.PENDING,
            "On Hold": Status.ON_HOLD,
            "Resolved": Status.SOLVED,
            "Closed": Status.CLOSED,
            "With Legal": Status.OPEN,
        },
        reach={
            Status.OPEN: Status.OPEN,
            Status.PENDING: Status.PENDING,
            Status.ON_HOLD: Status.ON_HOLD,
            Status.SOLVED: Status.SOLVED,
            Status.CLOSED: Status.CLOSED,
        },
        strange_word=None,  # every status tells whether it closes a case
        renews_tokens=True,
        closed_refuses=False,
        names_survivor=("poll",),
        unused_event=UNUSED_EVENT,
    )


UNUSED_EVENT = ENVELOPE.format(
    org=ORG,
    action="04k5g000000CaseAAA",
    url="https://acme.my.salesforce.com",
    id="04l5g0000000001AAA",
    kind="Account",
    fields="<sf:Id>0015g00000000AbAAI</sf:Id><sf:Name>Acme</sf:Name>",
).encode()
