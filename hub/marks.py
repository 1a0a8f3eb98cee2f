"""By what a forgotten chat is known again: a keyed mark, from which nobody reads its name.

A chat's name may be a telephone number, of which there are few enough to try them all; so the key
is one that the database does not hold.
"""

import hashlib
import hmac

from hub.settings import Settings


def of_chat(settings: Settings, source_id: str, external_id: str) -> bytes:
    """The mark of one source's chat; another one after `HUB_SECRET_KEY` was changed."""
    key = settings.secret_key.get_secret_value().encode()
    return hmac.new(key, f"chat {source_id} {external_id}".encode(), hashlib.sha256).digest()
