"""Which version of a mapping made a ticket stands on the ticket."""

import pytest

from hub import admin
from tests.hub.stories.house_of_stories import Stories

TEXT = "desk: zendesk\nticket:\n  subject: {{from: summary.subject}}\n  type: {{value: {}}}\n"


def save(stories: Stories, word: str) -> int:
    text = TEXT.format(word)
    return admin.save_mapping(
        stories.house, stories.workspace, str(stories.connection), text
    ).version


def version(stories: Stories, escalation_id: str) -> int | None:
    row = stories.row("select mapping_version from tickets where escalation_id = :e",
                      e=escalation_id)  # fmt: skip
    number: int | None = row["mapping_version"]
    return number


def test_a_ticket_tells_which_version_of_the_mapping_made_it(zendesk: Stories) -> None:
    by_default = zendesk.escalate("chat-1")
    zendesk.work()
    save(zendesk, "question")
    save(zendesk, "incident")
    by_second = zendesk.escalate("chat-2")
    zendesk.work()
    assert version(zendesk, by_default) == 0
    assert version(zendesk, by_second) == 2


@pytest.mark.parametrize("landed", [True, False])
def test_a_retry_tells_the_version_of_the_create_that_landed(
    zendesk: Stories, landed: bool
) -> None:
    save(zendesk, "question")
    mode = "cut_after_commit" if landed else "cut_before_commit"
    zendesk.fault(mode, rate=1, call="create_ticket", times=1)
    escalation_id = zendesk.escalate("chat-1")
    zendesk.work()
    save(zendesk, "incident")
    zendesk.hurry()
    zendesk.work()
    assert version(zendesk, escalation_id) == (1 if landed else 2)
    assert len(zendesk.ledger("create_ticket")) == 1
