"""An OpenID Connect provider on loopback: real HTTP, real keys, real signatures, one user."""

import hashlib
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "hub-client", "a secret of the client's"


@dataclass
class Provider:
    """What it says of the user, and what it gets wrong on purpose."""

    email: str = "ada@acme.example"
    verified: bool = True
    claims: dict[str, Any] = field(default_factory=dict)  # over the right ones
    email_in_token: bool = True
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signs_with: RSAKey | None = None  # another key than the one it publishes
    visits: dict[str, dict[str, str]] = field(default_factory=dict)  # by code
    tokens: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.server = make_server("127.0.0.1", 0, self.app(), threaded=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()

    def app(self) -> Flask:
        """The provider's own addresses."""
        app = Flask("provider")
        app.get("/.well-known/openid-configuration")(self.describe)
        app.get("/authorize")(self.authorize)
        app.post("/token")(self.token)
        app.get("/keys")(lambda: jsonify({"keys": [self.key.as_dict(private=False)]}))
        app.get("/userinfo")(self.userinfo)
        return app

    def describe(self) -> Response:
        return jsonify(
            issuer=self.issuer,
            authorization_endpoint=f"{self.issuer}/authorize",
            token_endpoint=f"{self.issuer}/token",
            jwks_uri=f"{self.issuer}/keys",
            userinfo_endpoint=f"{self.issuer}/userinfo",
        )

    def authorize(self) -> Any:
        """Everybody is signed in here, and sent back at once."""
        code = secrets.token_urlsafe(16)
        self.visits[code] = request.args.to_dict()
        back = urlencode({"code": code, "state": request.args["state"]})
        return redirect(f"{request.args['redirect_uri']}?{back}")

    def token(self) -> Any:
        visit = self.visits.pop(request.form["code"], None)
        given = request.authorization
        if visit is None or given is None or (given.username, given.password) != (CLIENT, SECRET):
            return jsonify(error="invalid_grant"), 400
        proof = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        challenge = urlsafe_b64encode(proof).rstrip(b"=").decode()
        same = request.form["redirect_uri"] == visit["redirect_uri"]
        if challenge != visit["code_challenge"] or visit["code_challenge_method"] != "S256":
            return jsonify(error="invalid_grant", error_description="PKCE"), 400
        if not same:
            return jsonify(error="invalid_grant", error_description="redirect_uri"), 400
        access = secrets.token_urlsafe(16)
        self.tokens.add(access)
        id_token = jwt.encode(
            {"alg": "RS256", "kid": "one"}, self.said(visit), self.signs_with or self.key
        )
        return jsonify(access_token=access, token_type="Bearer", id_token=id_token)

    def said(self, visit: dict[str, str]) -> dict[str, Any]:
        now = int(time.time())
        about = {"email": self.email, "email_verified": self.verified, "name": "Ada Lovelace"}
        right = {
            "iss": self.issuer, "aud": CLIENT, "sub": "user-1", "iat": now, "exp": now + 300,
            "nonce": visit["nonce"],
        }  # fmt: skip
        return right | (about if self.email_in_token else {}) | self.claims

    def userinfo(self) -> Any:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return jsonify(error="invalid_token"), 401
        return jsonify(sub="user-1", email=self.email, email_verified=self.verified)


def query(url: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
