"""What a page says that cannot be shown: what went wrong, and what to do."""

from flask import Response, make_response, render_template

WORDS = {  # by status
    400: ("Not done", "The page had been open too long, or its form does not fit any more. Nothing"
          " was changed: go back, reload it, and try again."),
    403: ("Not allowed", "Your role does not allow this. Ask an owner or an admin."),
    404: ("Not found", "There is nothing here, or it belongs to another workspace."),
    405: ("Not like this", "This address is only for a page's buttons."),
    413: ("Too large", "Nothing was sent: the text or the files are too large. Go back and take a"
          " file away: a message takes 25 MB of them together."),
    500: ("Something went wrong", "The hub's log has the details. Nothing was half done: you can"
          " try again."),
}  # fmt: skip


def page(code: int) -> Response:
    """The page of a status."""
    return saying(*WORDS[code], code)


def saying(title: str, sentence: str, code: int) -> Response:
    """The same in other words."""
    text = render_template(
        "console/sorry.html", layout="console/base.html", title=title, sentence=sentence
    )
    return make_response(text, code)
