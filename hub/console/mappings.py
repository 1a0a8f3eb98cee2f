"""A connection's mapping: edited, held against the desk's fields, previewed, its versions."""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Response, abort, flash, request

from connectors.errors import ConnectorError
from hub import admin
from hub.console import desk_queries
from hub.console.connections import blueprint
from hub.console.shell import back_to, found, me, needs, page
from hub.current import house
from hub.desks import FieldList
from hub.store import Row, Tx
from mappings import places

PAGE = "connections.mapping"


@dataclass
class Editor:
    """What the page shows beside the text."""

    text: str
    errors: list[dict[str, Any]] = field(default_factory=list)
    preview: admin.Preview | None = None
    conversation: str = ""

    def wrong(self, told: Iterable[tuple[str, str]]) -> None:
        """Put each problem beside the line where it is."""
        lines = self.text.splitlines()
        for name, message in told:
            line = places.line_of(self.text, name)
            source = lines[line - 1].strip() if line and line <= len(lines) else ""
            self.errors.append({"field": name, "message": message, "line": line, "source": source})
        self.errors.sort(key=lambda error: error["line"] or 0)

    @property
    def payload(self) -> str:
        """The fields that the mapping makes."""
        return _pretty(self.preview.fields) if self.preview else ""

    @property
    def requests(self) -> Sequence[tuple[str, str]]:
        """What the desk would be sent: method and path, and the body."""
        sent = self.preview.requests if self.preview else ()
        return [(f"{one.method} {one.path}", _pretty(one.body)) for one in sent]


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


@blueprint.get("/connections/<connection_id>/mapping")
def mapping(connection_id: str) -> Response:
    """The mapping in force, or the version that is asked for."""
    with house().store.transaction() as tx:
        row = found(desk_queries.connection(tx, me().workspace_id, connection_id))
        text = _text(tx, row, request.args.get("version"))
    return _shown(row, Editor(text, conversation=request.args.get("conversation", "")))


@blueprint.post("/connections/<connection_id>/mapping")
def edit_mapping(connection_id: str) -> Response:
    """Save the text, or only show what it would make of a conversation."""
    with house().store.transaction() as tx:
        row = found(desk_queries.connection(tx, me().workspace_id, connection_id))
    form = request.form
    text = form.get("text", "").replace("\r\n", "\n")
    editor = Editor(text, conversation=form.get("conversation", ""))
    if form.get("do") == "refresh":
        return _shown(row, editor, fresh=True)
    if form.get("do") == "preview":
        return _preview(row, editor)
    return _save(row, editor, "syntax" if form.get("unchecked") else "desk")


@blueprint.get("/connections/<connection_id>/mapping/compare")
def compare_mappings(connection_id: str) -> Response:
    """What differs between two versions; 0 is the desk's default."""
    old, new = request.args.get("old", "0"), request.args.get("new", "0")
    with house().store.transaction() as tx:
        row = found(desk_queries.connection(tx, me().workspace_id, connection_id))
        before, after = _text(tx, row, old), _text(tx, row, new)
        versions = desk_queries.mapping_versions(tx, row["id"])
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return page(
        "mapping_compare.html", row=row, old=old, new=new, versions=versions,
        lines=[(line[:1], line[2:]) for line in lines if not line.startswith("?")],
    )  # fmt: skip


@blueprint.post("/connections/<connection_id>/mapping/<mapping_id>/restore")
@needs("admin")
def restore_mapping(connection_id: str, mapping_id: str) -> Response:
    """An earlier version is the newest one again."""
    try:
        _, saved = admin.restore_mapping(house(), me().workspace_id, mapping_id, actor=me().actor)
    except admin.BadInput as refusal:
        why = "; ".join(f"{name}: {text}" for name, text in refusal.errors.items())
        flash(f"Not restored, because it does not fit the desk any more. {why}", "danger")
        return back_to(PAGE, connection_id=connection_id)
    flash(f"Restored as version {saved.version}. It holds from the next ticket on.", "success")
    return back_to(PAGE, connection_id=connection_id)


def _text(tx: Tx, row: Row, version: str | None) -> str:
    """The text of a version, of the desk's default (0), or of what is in force."""
    if version is None:
        return admin.mapping_text(tx, row)
    if version == "0":
        return admin.default_mapping(row["desk"])
    text: str = found(desk_queries.mapping_version(tx, row["id"], version))["body"]
    return text


def _save(row: Row, editor: Editor, check: admin.Check) -> Response:
    if not me().may("admin"):
        abort(HTTPStatus.FORBIDDEN)
    try:
        saved = admin.save_mapping(
            house(), me().workspace_id, row["id"], editor.text, check=check, actor=me().actor
        )
    except admin.BadInput as refusal:
        return _refused(row, editor, refusal)
    how = "" if saved.checked else " The desk's fields were not checked."
    flash(f"Saved as version {saved.version}. It holds from the next ticket on.{how}", "success")
    return back_to(PAGE, connection_id=row["id"])


def _preview(row: Row, editor: Editor) -> Response:
    if not editor.conversation:
        editor.wrong([("conversation", "Choose a conversation to preview.")])
        return _shown(row, editor)
    try:
        editor.preview = admin.preview_mapping(
            house(), me().workspace_id, row["id"], editor.conversation, editor.text,
            whole=row["state"] == "active" and not row["resting"],
        )  # fmt: skip
    except admin.BadInput as refusal:
        return _refused(row, editor, refusal)
    editor.wrong((error.field, error.message) for error in editor.preview.errors)
    return _shown(row, editor)


def _refused(row: Row, editor: Editor, refusal: admin.BadInput) -> Response:
    editor.wrong(refusal.errors.items())
    answer = _shown(row, editor)
    answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    return answer


def _shown(row: Row, editor: Editor, *, fresh: bool = False) -> Response:
    listed, silent = _fields(row, fresh=fresh)
    with house().store.transaction() as tx:
        versions = desk_queries.mapping_versions(tx, row["id"])
        recent = desk_queries.recent_conversations(tx, me().workspace_id)
    return page(
        "mapping.html",
        row=row,
        editor=editor,
        versions=versions,
        recent=recent,
        listed=listed,
        silent=silent,
        fields=[_told(one) for one in (listed.fields if listed else None) or ()],
    )


def _fields(row: Row, *, fresh: bool) -> tuple[FieldList | None, str | None]:
    """The desk's fields, or why there are none; a desk that rests is left alone until asked."""
    if (row["state"] == "paused" or row["resting"]) and not fresh:
        return None, "The desk is not called at the moment."
    try:
        return admin.desk_fields(house(), me().workspace_id, row["id"], fresh=fresh), None
    except ConnectorError as problem:
        return None, f"The desk did not tell its fields: {problem}"


def _told(one: Any) -> Mapping[str, Any]:
    under, rule = places.suggestion(one)
    return {"field": one, "under": under, "rule": rule}
