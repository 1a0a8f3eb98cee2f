"""A subject line and two or three sentences about a conversation, for the agent who takes it."""

from hub.summary.embedded import summarise
from hub.summary.types import Sentence, Summariser, Summary, Turn, Unusable

__all__ = ["Sentence", "Summariser", "Summary", "Turn", "Unusable", "summarise"]
