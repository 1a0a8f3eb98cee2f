"""The API described, `/openapi.json`, and a page to read and try it, `/docs`."""

from collections.abc import Sequence
from pathlib import Path

from flask import Blueprint, Response, jsonify, send_from_directory

from hub.api import openapi
from hub.api.table import Noun
from hub.current import house

STATIC = Path(__file__).parent / "static"
# The page's own files and this hub, nothing else: the key stays in the page's memory.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FILES = {"": "docs.html", "docs.js": "docs.js", "docs.css": "docs.css"}


def blueprint(nouns: Sequence[Noun]) -> Blueprint:
    """The blueprint that documents these nouns."""
    made = Blueprint("docs", __name__)

    @made.get("/openapi.json")
    def described() -> Response:
        return jsonify(openapi.document(nouns, house().settings.public_url))

    @made.get("/docs")
    @made.get("/docs/<name>")
    def page(name: str = "") -> Response:
        answer = send_from_directory(STATIC, FILES.get(name, "none"))
        answer.headers["Content-Security-Policy"] = POLICY
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    return made
