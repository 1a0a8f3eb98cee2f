"""The conversations of docs/summaries.md, with what the embedded writer makes of each."""

from hub.summary import shown, summarise
from tests.hub.summary import ten

NAMES = {
    "en": "English", "es": "Spanish", "fr": "French", "de": "German", "pt": "Portuguese",
    "it": "Italian", "tr": "Turkish", "ar": "Arabic", "zh": "Chinese", "ja": "Japanese",
}  # fmt: skip


def conversations() -> str:
    """Each conversation and, below it, the lines that the desk's people read."""
    return "".join(map(_one, ten.CONVERSATIONS)) + "\n"


def _one(language: str) -> str:
    turns = ten.conversation(language)
    numbers = {turn.id: number for number, turn in enumerate(turns, 1)}
    said = [f"#{numbers[turn.id]} {turn.role}: {turn.text}" for turn in turns]
    told = summarise(turns)
    return "\n".join(
        [f"\n### {NAMES[language]}", "```text", *said, "```", f"**{told.subject}**", "```text",
         *shown.lines(told, numbers), "```", ""]
    )  # fmt: skip
