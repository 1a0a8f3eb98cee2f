"""The inbox: the tickets that teammates work on, at all desks."""

from flask import Response, request

from hub.console import lists, shell
from hub.console.shell import me, page, user
from hub.current import house

blueprint = shell.noun("inbox")

SHORTCUTS = {
    "Everywhere": (("?", "This page"), ("g c", "Conversations"), ("g i", "Inbox"), ("/", "Search")),
    "In a list": (("j", "The next row"), ("k", "The row before"), ("Enter", "Open it")),
    "In a conversation": (
        ("t", "Take over"),
        ("r", "Reply to the customer"),
        ("n", "Write a note"),
        ("Ctrl+Enter", "Send the reply, or save the note"),
        ("a", "Choose who has the ticket"),
        ("e", "Choose its status"),
        ("u", "Back to the list"),
        ("/", "In your words: insert a canned text"),
    ),
}
CHIPS = {"mine": "Mine", "unassigned": "Unassigned", "all": "All", "closed": "Closed"}


@blueprint.get("/inbox")
def index() -> Response:
    """The tickets of one chip, the newest first."""
    show, search = shell.chip(CHIPS, "mine"), shell.search()
    wanted, after = shell.wanted(lists.FILTERS), request.args.get("after")
    with house().store.transaction(walled=not search) as tx:
        listed = lists.tickets(tx, user(), show, search=search, wanted=wanted, after=after)
        counts = lists.inbox_counts(tx, user())
        choices = lists.choices(tx, me().workspace_id)
    return page(
        "inbox.html",
        listed=listed,
        chips=CHIPS,
        counts=counts,
        show=show,
        search=search,
        wanted=wanted,
        choices=choices,
    )


@blueprint.get("/shortcuts")
def shortcuts() -> Response:
    """Every key that does something, and the switch for them."""
    return page("shortcuts.html", shortcuts=SHORTCUTS)
