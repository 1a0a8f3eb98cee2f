"""The agent's page of a sandbox desk: plain HTML without a script, for desktop and phone."""

import base64
import hashlib
from collections.abc import Iterable

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from connectors.sandbox_desk import SandboxDesk
from connectors.sandbox_shapes import Case, Entry, Refused

STYLE = """
:root{color-scheme:light dark;--line:#8884;--note:#f5c51822;--mine:#3b82f618;--accent:#2563eb}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
header{display:flex;gap:1rem;align-items:baseline;flex-wrap:wrap;margin-bottom:1rem}
header small{opacity:.7}h1{font-size:1.4rem;margin:0;overflow-wrap:anywhere}
a{color:var(--accent)}@media(prefers-color-scheme:dark){:root{--accent:#8ab4ff}}
table{width:100%;border-collapse:collapse}
td,th{text-align:start;padding:.5rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
.tag,.status{border:1px solid var(--line);border-radius:1rem;padding:0 .6rem;font-size:.85rem}
article{border:1px solid var(--line);border-radius:.6rem;padding:.6rem 1rem;margin:.7rem 0}
article.agent{background:var(--mine)}
article.note{background:var(--note);border-style:dashed}
article p{white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0;max-height:30rem;overflow:auto}
article small{opacity:.75}
form{margin:.6rem 0;display:flex;gap:.5rem;flex-wrap:wrap;align-items:center}
textarea{flex:1 1 100%;min-height:5rem}
textarea,input,select,button{font:inherit;padding:.4rem .6rem}
button{cursor:pointer;min-height:2.5rem}.warn{border-inline-start:4px solid #d97706;padding:.5rem}
@media(max-width:36rem){th:nth-child(n+4),td:nth-child(n+4){display:none}}
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

PAGE = Markup(
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    "<title>{title}</title><style>{style}</style><body>{body}</body></html>"
)
HEAD = Markup("<header><h1>{title}</h1><small>sandbox, not the vendor</small>{links}</header>")
ROW = Markup(
    '<tr><td><a href="{url}">{id}</a></td><td><a href="{url}" dir="auto">{subject}</a></td>'
    '<td><span class="status">{status}</span></td><td dir="auto">{requester}</td>'
    "<td>{assignee}</td></tr>"
)
TABLE = Markup(
    "<table><tr><th>Ticket<th>Subject<th>Status<th>Requester<th>Assignee</tr>{rows}</table>"
)
ENTRY = Markup(
    '<article class="{kind}"><small><b dir="auto">{author}</b> · {label} · {at}</small>'
    '<p dir="auto">{text}</p>{files}</article>'
)
FACTS = Markup(
    '<p><span class="status">{status}</span> Requester: <span dir="auto">{requester}</span> · '
    "Assignee: {assignee} · Key: {key} {tags}</p>"
)
WRITE = Markup(
    '<form method="post"><label for="text">Answer or note</label>'
    '<textarea id="text" name="text" dir="auto" required></textarea>'
    '<button name="do" value="reply">Reply to the customer</button>'
    '<button name="do" value="note">Add internal note</button></form>'
)
CHOOSE = Markup(
    '<form method="post"><label for="{do}">{label}</label><select id="{do}" name="value">{options}'
    '</select><button name="do" value="{do}">{verb}</button></form>'
)
OPTION = Markup("<option{chosen}>{word}</option>")
MERGE = Markup(
    '<form method="post"><label for="into">Merge into ticket</label>'
    '<input id="into" name="value" required size="10">'
    '<button name="do" value="merge">Merge</button>'
    '</form><form method="post"><button name="do" value="delete">Delete</button></form>'
)


def page(title: str, body: Markup, status: int = 200) -> Response:
    """A whole page."""
    html = PAGE.format(title=title, style=Markup(STYLE), body=body)
    return Response(html, status, HEADERS, mimetype="text/html")


def index(desks: Iterable[SandboxDesk]) -> Response:
    """Where each desk is, and what else can be asked."""
    items = [Markup('<li><a href="/{}/">{}</a>').format(desk.name, desk.title) for desk in desks]
    asks = ("_desks", "_ledger", "_faults", "_settings")
    links = [Markup('<a href="/{0}">/{0}</a> ').format(path) for path in asks]
    body = HEAD.format(title="Sandbox desks", links=Markup("").join(links))
    return page("Sandbox desks", body + Markup("<ul>{}</ul>").format(Markup("").join(items)))


def desk_page(desk: SandboxDesk, request: Request, path: str) -> Response:
    """`/` lists the desk's tickets, `/_agent/<id>` shows one and takes what its forms send."""
    ticket_id = path.removeprefix("/_agent/") if path.startswith("/_agent/") else ""
    if not ticket_id:
        return _list(desk)
    try:
        if request.method == "POST":
            return _act(desk, request, ticket_id)
        return _ticket(desk, desk.case(ticket_id))
    except KeyError:
        return page("No such ticket", HEAD.format(title="No such ticket", links=_back(desk)), 404)


def _back(desk: SandboxDesk) -> Markup:
    return Markup('<a href="/{}/">All tickets of {}</a>').format(desk.name, desk.title)


def _list(desk: SandboxDesk) -> Response:
    rows = Markup("").join(
        ROW.format(
            url=_url(desk, case.id),
            id=case.id,
            subject=case.subject or "(no subject)",
            status=case.state or case.status,
            requester=case.requester,
            assignee=case.assignee or "nobody",
        )
        for case in desk.cases()[:200]
    )
    links = Markup('<a href="/">All desks</a> <a href="/{}/">Refresh</a>').format(desk.name)
    return page(desk.title, HEAD.format(title=desk.title, links=links) + TABLE.format(rows=rows))


def _ticket(desk: SandboxDesk, case: Case, problem: str = "") -> Response:
    body = HEAD.format(title=f"{case.id}: {case.subject or '(no subject)'}", links=_back(desk))
    if problem or case.state:
        body += Markup('<p class="warn" role="status">{}</p>').format(problem or case.state)
    body += _facts(case)
    body += Markup("").join(_entry(entry) for entry in case.entries)
    if not case.state:
        body += WRITE + _choose("status", "Status", "Change", desk.words, case.status)
        body += _choose("assign", "Assignee", "Assign", desk.agents, case.assignee) + MERGE
    return page(f"{case.id} {case.subject}", body, 422 if problem else 200)


def _facts(case: Case) -> Markup:
    tags = Markup(" ").join(Markup('<span class="tag">{}</span>').format(t) for t in case.tags)
    return FACTS.format(
        status=case.status,
        requester=case.requester,
        assignee=case.assignee or "nobody",
        key=case.key or "none",
        tags=tags,
    )


def _entry(entry: Entry) -> Markup:
    files = [
        Markup("<small>📎 {} ({} bytes)</small> ").format(f.name, len(f.data)) for f in entry.files
    ]
    return ENTRY.format(
        kind=entry.role if entry.public else "note",
        author=entry.author,
        label="public" if entry.public else "internal note",
        at=entry.at,
        text=entry.text,
        files=Markup("").join(files),
    )


def _choose(do: str, label: str, verb: str, words: Iterable[str], now: str | None) -> Markup:
    options = Markup("").join(
        OPTION.format(chosen=Markup(" selected") if word == now else "", word=word)
        for word in words
    )
    return CHOOSE.format(do=do, label=label, verb=verb, options=options)


def _act(desk: SandboxDesk, request: Request, ticket_id: str) -> Response:
    origin = request.headers.get("Origin", "")
    if origin not in ("", request.host_url.rstrip("/")):  # a form on somebody else's page
        return page("Refused", HEAD.format(title="Refused", links=_back(desk)), 403)
    do = request.form.get("do", "")
    value = request.form.get("text") or request.form.get("value", "")
    try:
        desk.act(ticket_id, {do: value})
    except (Refused, ValueError) as problem:
        return _ticket(desk, desk.case(ticket_id), f"The desk refused: {_words(problem)}")
    return redirect(_url(desk, ticket_id), 303)


def _words(problem: Exception) -> str:
    if isinstance(problem, Refused):
        return problem.answer.get_data(as_text=True)[:300]
    return str(problem)


def _url(desk: SandboxDesk, ticket_id: str) -> str:
    return f"/{desk.name}/_agent/{ticket_id}"
