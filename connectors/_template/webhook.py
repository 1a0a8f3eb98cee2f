"""New Desk's webhooks: verify the bytes, then tell what they say. Pure."""

from connectors._template.config import Config
from connectors.types import Change, Delivery


def verify(delivery: Delivery) -> None:
    """Raise `BadDelivery` unless New Desk signed these bytes just now."""
    # WRITE: connectors/signatures.py has the parts: require_secret, require_header, digest_hex or
    # digest_base64 of exactly the signed bytes, require_equal, require_fresh.
    raise NotImplementedError


def parse(delivery: Delivery, config: Config) -> list[Change]:
    """What a delivery tells of a ticket of ours; of anything else, nothing."""
    # WRITE: a body that is no JSON object raises BadDelivery, an event of another kind is an empty
    # list, parts that are missing are no reason to crash. `changes_of` tells the rest; a webhook
    # that tells only of which ticket it is becomes a `hint`, and the hub polls.
    raise NotImplementedError
