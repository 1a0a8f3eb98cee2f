"""What sandbox desks share of OAuth: the page on which a person allows an app, and its codes.

A code is good for one use, for a short time, for its app, with the address that it was sent to and
the verifier behind its challenge (RFC 6749, RFC 7636). How vendors differ is data (`Habits`); their
tokens and the shape of their refusals are in their own folders.

Every app has registered each address that ends in `/oauth/callback`, with https or on loopback.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from connectors.sandbox_page import HEAD, page
from connectors.sandbox_shapes import same

CALLBACK = "/oauth/callback"
ASK = Markup(
    "<p>The app <b>{client}</b> would like to work in the name of <b>{user}</b>.</p>{scopes}"
    '<form method="post">{fields}'
    '<button name="decision" value="allow">Allow</button>'
    '<button name="decision" value="deny">Deny</button></form>'
    "<p><small>Then you are sent back to <bdi>{back}</bdi></small></p>"
)
HIDDEN = Markup('<input type="hidden" name="{name}" value="{value}">')
REDIRECT = Markup(
    '<label for="redirect_uri">The app\'s redirection URL, as registered</label>'
    '<input id="redirect_uri" name="redirect_uri" size="45" required value="{value}">'
)


@dataclass(frozen=True, kw_only=True)
class Habits:
    """How a vendor's page and codes differ."""

    code_life: float  # seconds
    scopes_by: str | None = " "  # what stands between scopes; None where the app has them
    pkce: bool = False
    asks_redirect: bool = True  # False: the address is the app's, and no request names it
    tells_scopes: bool = True  # a wrong scope is told to the app; False: on the page
    denied: str = "The user denied the request"
    returns: Mapping[str, str] = field(default_factory=dict)  # more that goes along with a code


@dataclass(frozen=True)
class Code:
    """What an authorization code stands for."""

    client: str
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str | None
    ends: float


class NoGrant(Exception):
    """The code is refused; `error` is OAuth's word for it."""

    def __init__(self, words: str, error: str = "invalid_grant") -> None:
        super().__init__(words)
        self.error = error


class Consents:
    """A desk's page; `apps` are user names by client, `may` the scopes that a client may have."""

    def __init__(
        self,
        title: str,
        habits: Habits,
        apps: Mapping[str, str],
        now: Callable[[], datetime],
        may: Callable[[str], Sequence[str]] = lambda _client: (),
    ) -> None:
        self.title = title
        self.habits = habits
        self.apps = apps
        self.now = now
        self.may = may
        self.codes: dict[str, Code] = {}

    def ask(self, request: Request) -> Response:
        """The page with Allow and Deny, or what is wrong with the request."""
        asked = request.args
        wrong = self._wrong(asked)
        if wrong:
            return self._refuse(wrong)
        client, redirect_uri = asked["client_id"], asked.get("redirect_uri", "")
        if lacking := self._lacking(client, asked):
            words = f"The app may not ask for {', '.join(lacking)}"
            if not self.habits.tells_scopes:
                return self._refuse(words)
            return self._back(redirect_uri, asked, error="invalid_scope", error_description=words)
        body = ASK.format(
            client=client,
            user=self.apps[client],
            scopes=self._shown(self._wanted(client, asked)),
            fields=self._fields(request),
            back=redirect_uri or "the app",
        )
        return _leading_away(page(self.title, HEAD.format(title=self.title, links="") + body))

    def decide(self, request: Request) -> Response:
        """What a person answered: back to the app, with a code or with access_denied."""
        asked = request.form
        wrong = self._wrong(asked, registered=True)
        if wrong:
            return self._refuse(wrong)
        client, redirect_uri = asked["client_id"], asked["redirect_uri"]
        if asked.get("decision") != "allow":
            words = self.habits.denied
            return self._back(redirect_uri, asked, error="access_denied", error_description=words)
        code = secrets.token_urlsafe(24)
        self.codes[code] = Code(
            client,
            self._wanted(client, asked),
            redirect_uri,
            asked.get("code_challenge") if self.habits.pkce else None,
            self.now().timestamp() + self.habits.code_life,
        )
        return self._back(redirect_uri, asked, code=code, **self.habits.returns)

    def redeem(self, client: str, form: Mapping[str, Any]) -> Code:
        """What a code stands for, which dies with this use; `NoGrant` for any other."""
        code = self.codes.pop(str(form.get("code", "")), None)
        if code is None or code.client != client or code.ends <= self.now().timestamp():
            raise NoGrant("The code is unknown, expired or used already")
        if self.habits.asks_redirect and form.get("redirect_uri") != code.redirect_uri:
            raise NoGrant("The redirect_uri is not the one of the request")
        if code.challenge is not None and not _fits(form.get("code_verifier"), code.challenge):
            raise NoGrant("The code_verifier does not fit the code_challenge")
        return code

    def _wrong(self, asked: Mapping[str, str], *, registered: bool = False) -> str | None:
        """What must not be answered with a redirect: whom would it reach?"""
        if asked.get("client_id") not in self.apps:
            return "There is no app with this client_id."
        given = asked.get("redirect_uri", "")
        if (self.habits.asks_redirect or registered) and not _registered(given):
            return f"The redirect_uri {given!r} is none of those that the app has registered."
        if asked.get("response_type", "code") != "code":
            return "The response_type has to be code."
        if self.habits.pkce and asked.get("code_challenge_method", "S256") != "S256":
            return "The code_challenge_method has to be S256."
        return None

    def _wanted(self, client: str, asked: Mapping[str, str]) -> tuple[str, ...]:
        by, told = self.habits.scopes_by, asked.get("scope", "")
        if by is None or not told:
            return tuple(self.may(client))
        return tuple(scope for scope in told.split(by) if scope)

    def _lacking(self, client: str, asked: Mapping[str, str]) -> list[str]:
        allowed = self.may(client)
        return [scope for scope in self._wanted(client, asked) if scope not in allowed]

    def _shown(self, scopes: Sequence[str]) -> Markup:
        if not scopes:
            return Markup("")
        items = Markup("").join(Markup("<li>{}</li>").format(scope) for scope in scopes)
        return Markup("<p>It asks for these rights:</p><ul>{}</ul>").format(items)

    def _fields(self, request: Request) -> Markup:
        kept = [HIDDEN.format(name=name, value=value) for name, value in request.args.items()]
        if not self.habits.asks_redirect:
            kept.append(REDIRECT.format(value=_neighbour(request)))
        return Markup("").join(kept)

    def _refuse(self, words: str) -> Response:
        body = HEAD.format(title=self.title, links="") + Markup('<p class="warn">{}</p>').format(
            words
        )
        return page(self.title, body, 400)

    def _back(self, redirect_uri: str, asked: Mapping[str, str], **told: str) -> Response:
        if asked.get("state"):
            told["state"] = asked["state"]
        return redirect(f"{redirect_uri}?{urlencode(told, quote_via=quote)}", 303)


def _leading_away(made: Response) -> Response:
    """A page whose form may be answered with a redirect: Chromium applies form-action to it."""
    ours, any_site = "form-action 'self'", "form-action 'self' http: https:"
    policy = made.headers["Content-Security-Policy"]
    made.headers["Content-Security-Policy"] = policy.replace(ours, any_site)
    return made


def _fits(verifier: Any, challenge: str) -> bool:
    digest = hashlib.sha256(str(verifier).encode()).digest()
    return same(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)


def _registered(uri: str) -> bool:
    parts = urlsplit(uri)
    local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    whole = parts.path == CALLBACK and bool(parts.hostname) and not parts.query + parts.fragment
    return whole and (parts.scheme == "https" or local)


def _neighbour(request: Request) -> str:
    """The callback of the hub that `up` starts beside the sandbox, on the port before."""
    parts = urlsplit(request.host_url)
    where = f"{parts.hostname}:{(parts.port or 80) - 1}"
    return urlunsplit((parts.scheme, where, CALLBACK, "", ""))
