"""A subject line and two or three sentences about a conversation, for the agent who takes it."""

from hub.summary.embedded import summarise
from hub.summary.types import Fact, Kind, Sentence, Summariser, Summary, Turn, Unusable

__all__ = ["Fact", "Kind", "Sentence", "Summariser", "Summary", "Turn", "Unusable", "summarise"]
