"""The hub's own help desk, behind the same contract as any other."""

from connectors.live_chat.connector import LiveChat

CONNECTOR = LiveChat
