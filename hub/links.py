"""Addresses at which the hub gives agents' files: signed, good for a week, renewed when shown.

A desk's own address wants its credentials, or dies within minutes; ours needs neither, and leads
to nothing but that file.
"""

import hashlib
import hmac
import re
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.files import LARGEST
from connectors.types import Change, File
from hub.house import House
from hub.views import Json

GOOD_FOR = timedelta(days=7)  # longer than a delivery is tried
OURS = re.compile(r"/files/(chg_[0-9a-z]{26})/(\d{1,3})\?until=\d+&signature=[0-9a-f]{64}$")


def through_us(house: House, change_id: str, change: Change) -> Change:
    """The change with our addresses for its files; what is too large keeps the desk's."""
    now = house.store.now()
    files = [
        replace(file, url=address(house, change_id, place, now)) if travels(file) else file
        for place, file in enumerate(change.files)
    ]
    return replace(change, files=tuple(files))


def travels(file: File) -> bool:
    """True for a file that we can fetch for others."""
    return (file.size or 0) <= LARGEST and bool(file.id or file.url)


def address(house: House, change_id: str, place: int, now: datetime) -> str:
    """The signed address of a file that a change told."""
    until = int((now + GOOD_FOR).timestamp())
    signature = _sign(house, change_id, place, until)
    path = f"/files/{change_id}/{place}?until={until}&signature={signature}"
    return f"{house.settings.public_url}{path}"


def is_good(house: House, change_id: str, place: int, until: int, signature: str) -> bool:
    """True for an address that we signed and whose time is not over."""
    wanted = _sign(house, change_id, place, until)
    signed = hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace"))
    return signed and until >= house.store.now().timestamp()


def fresh(house: House, message: Json) -> Json:
    """A message as outsiders see it, with addresses that are good from now on."""
    if message["origin"] != "desk":
        return message
    return message | {"attachments": [_renewed(house, one) for one in message["attachments"]]}


def _renewed(house: House, told: Json) -> Json:
    found = OURS.search(told.get("url") or "")
    if found is None:
        return told
    return told | {"url": address(house, found[1], int(found[2]), house.store.now())}


def _sign(house: House, change_id: str, place: int, until: int) -> str:
    key = house.settings.secret_key.get_secret_value().encode()
    return hmac.new(key, f"file {change_id} {place} {until}".encode(), hashlib.sha256).hexdigest()
