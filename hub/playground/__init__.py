"""A customer and a small bot to try the whole loop with: to the hub, one platform more.

`script` is what the bot says, `platform` how it talks to the hub.
"""

from hub.playground.platform import CHANNEL, Platform

__all__ = ["CHANNEL", "Platform"]
