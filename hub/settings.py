"""What the environment says. `docs/settings.md` lists every name; a test compares the two."""

import base64
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pydantic import SecretStr

from hub import postgres
from hub.setting_values import (
    BadSetting,
    Networks,
    address,
    database,
    key,
    networks,
    number,
    one_of,
)
from hub.summary.endpoint import APIS, Endpoint

DEFAULT_PORT = 8000
LOOPBACK = "http://127.0.0.1:{}"
WORD = "up.json"  # in the data folder, while `up` runs
SHORTEST_KEEPING = 7  # days
FEWEST = 3  # connections to the database that a process can work with
SHARED = ("PORT", "HUB_PUBLIC_URL", "HUB_SANDBOX_URL", "HUB_ALLOW_PRIVATE_NETWORKS")


@dataclass(frozen=True, kw_only=True)
class Oidc:
    """An OpenID Connect provider where teammates may sign in."""

    issuer: str
    client_id: str
    client_secret: SecretStr
    name: str = "your organisation"
    domains: tuple[str, ...] = ()  # of e-mails that get an account by themselves
    role: str = "agent"  # of those
    workspace: str = "default"  # of those


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The hub's settings, read once at start."""

    database_url: str
    data_dir: Path
    port: int
    public_url: str
    keys: tuple[tuple[str, SecretStr], ...]  # (id, base64 of 32 bytes), the first encrypts
    secret_key: SecretStr
    worker_threads: int = 64
    web_processes: int = 1
    poll_seconds: int = 30
    payload_days: int = 30
    direct_url: str | None = None  # where a pooler is not in between
    connections: int | None = None  # to the database, of one process
    drain_seconds: int = 0
    tracing: bool = False
    log_format: str | None = None  # text on a terminal, else json
    sandbox_url: str | None = None
    allow_networks: Networks = ()
    trusted_proxies: Networks = ()
    llm: Endpoint | None = None
    oidc: Oidc | None = None

    @property
    def embedded(self) -> bool:
        """True when the database is the hub's own, under the data folder."""
        return "DATABASE_URL" not in os.environ


def read(environ: dict[str, str] | None = None) -> Settings:
    """The settings of `environ` (default: the process's); raises `BadSetting`."""
    env = dict(os.environ if environ is None else environ)
    data_dir = Path(env.get("HUB_DATA_DIR", "var")).absolute()
    here = port(env)
    url = _database(env)
    return Settings(
        database_url=url or postgres.url(data_dir),
        data_dir=data_dir,
        port=here,
        public_url=address("HUB_PUBLIC_URL", env.get("HUB_PUBLIC_URL") or LOOPBACK.format(here)),
        keys=_keys(env, data_dir, own_database=url is None),
        secret_key=SecretStr(_secret_key(env, data_dir, own_database=url is None)),
        worker_threads=number(env, "HUB_WORKER_THREADS", 64),
        web_processes=web_processes(env),
        poll_seconds=number(env, "HUB_POLL_SECONDS", 30),
        payload_days=payload_days(env),
        direct_url=_direct(env),
        connections=connections(env),
        drain_seconds=drain_seconds(env),
        tracing=_tracing(env),
        log_format=one_of(env, "HUB_LOG_FORMAT", "json", "text"),
        sandbox_url=env.get("HUB_SANDBOX_URL", "").rstrip("/") or None,
        allow_networks=networks(env, "HUB_ALLOW_PRIVATE_NETWORKS"),
        trusted_proxies=networks(env, "HUB_TRUSTED_PROXIES"),
        llm=_llm(env),
        oidc=_oidc(env),
    )


def beside(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command: its own, else what the `up` of its data folder goes by."""
    word = Path(environ.get("HUB_DATA_DIR", "var")) / WORD
    if "DATABASE_URL" in environ or not word.exists():
        return dict(environ)
    told: dict[str, str] = json.loads(word.read_text())
    return told | dict(environ)


def payload_days(environ: dict[str, str]) -> int:
    """How long the bodies of events are kept; longer than their last attempt takes."""
    days = number(environ, "HUB_PAYLOAD_DAYS", 30)
    if days < SHORTEST_KEEPING:
        raise BadSetting(f"HUB_PAYLOAD_DAYS must be {SHORTEST_KEEPING} or more: deliveries take 4.")
    return days


def port(environ: dict[str, str]) -> int:
    """Where web listens."""
    return number(environ, "PORT", DEFAULT_PORT)


def web_processes(environ: dict[str, str]) -> int:
    """The processes that `web` runs."""
    return number(environ, "WEB_CONCURRENCY", 2)


def connections(environ: Mapping[str, str]) -> int | None:
    """How many connections to the database one process opens at most; None: as many as it likes."""
    if "HUB_DATABASE_CONNECTIONS" not in environ:
        return None
    most = number(environ, "HUB_DATABASE_CONNECTIONS", FEWEST)
    if most < FEWEST:
        raise BadSetting(f"HUB_DATABASE_CONNECTIONS must be {FEWEST} or more for each process.")
    return most


def drain_seconds(environ: Mapping[str, str]) -> int:
    """How long `web` goes on after SIGTERM, for whoever balances the load to look elsewhere."""
    return number(environ, "HUB_DRAIN_SECONDS", 0, least=0)


def bind(environ: dict[str, str], default: str) -> str:
    """The address to listen on."""
    return environ.get("HUB_BIND", default)


def _database(env: dict[str, str]) -> str | None:
    url = env.get("DATABASE_URL")
    return None if url is None else database("DATABASE_URL", url)


def _direct(env: dict[str, str]) -> str | None:
    url = env.get("HUB_DIRECT_DATABASE_URL")
    return database("HUB_DIRECT_DATABASE_URL", url) if url else None


def _tracing(env: dict[str, str]) -> bool:
    """True when spans are to be sent; the libraries read for themselves where and how."""
    wanted = env.get("OTEL_EXPORTER_OTLP_ENDPOINT") or env.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if wanted and not _is_installed("opentelemetry.exporter.otlp.proto.http"):
        raise BadSetting(
            "OTEL_EXPORTER_OTLP_ENDPOINT needs the libraries of OpenTelemetry:"
            " `pip install --require-hashes -r requirements/tracing.txt`."
        )
    return bool(wanted)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # nor what it is in
        return False


def _keys(
    env: dict[str, str], data_dir: Path, *, own_database: bool
) -> tuple[tuple[str, SecretStr], ...]:
    text = env.get("HUB_KEYS")
    if text is None and not own_database:
        raise BadSetting(
            "HUB_KEYS is required with DATABASE_URL: set it to id:key, the key being"
            ' 32 random bytes in base64 (python -c "import os,base64;'
            ' print(base64.b64encode(os.urandom(32)).decode())").'
        )
    if text is None:
        fresh = base64.b64encode(os.urandom(32)).decode()
        text = _kept(data_dir / "keys", f"demo:{fresh}")
    keys = tuple(key(pair) for pair in text.split(","))
    names = [name for name, _ in keys]
    for name in names:
        if names.count(name) > 1:  # what is sealed says the id of its key, and no more
            raise BadSetting(f"HUB_KEYS has two keys called {name!r}: give each its own id.")
    return keys


def _secret_key(env: dict[str, str], data_dir: Path, *, own_database: bool) -> str:
    if "HUB_SECRET_KEY" in env:
        return env["HUB_SECRET_KEY"]
    if own_database:
        return _kept(data_dir / "secret_key", secrets.token_urlsafe(32))
    raise BadSetting("HUB_SECRET_KEY is required with DATABASE_URL: any long random text.")


def _kept(path: Path, fresh: str) -> str:
    """The text of a private file, made from `fresh` the first time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh)
    except FileExistsError:
        return path.read_text()
    except OSError as problem:
        raise BadSetting(
            f"{path.parent} cannot be written ({problem.strerror}): set HUB_DATA_DIR to a folder"
            " of yours."
        ) from None
    return fresh


def _oidc(env: dict[str, str]) -> Oidc | None:
    issuer = env.get("HUB_OIDC_ISSUER", "").rstrip("/")
    if not issuer:
        return None
    if not re.match(r"https://|http://(127\.0\.0\.1|localhost)[:/]", issuer):
        raise BadSetting("HUB_OIDC_ISSUER must begin with https://.")
    client_id, secret = env.get("HUB_OIDC_CLIENT_ID"), env.get("HUB_OIDC_CLIENT_SECRET")
    if not client_id or not secret:
        raise BadSetting("HUB_OIDC_ISSUER needs HUB_OIDC_CLIENT_ID and HUB_OIDC_CLIENT_SECRET.")
    role = env.get("HUB_OIDC_ROLE", "agent")
    if role not in ("viewer", "agent", "admin"):
        raise BadSetting("HUB_OIDC_ROLE must be viewer, agent or admin.")
    domains = env.get("HUB_OIDC_DOMAINS", "").casefold().split(",")
    return Oidc(
        issuer=issuer,
        client_id=client_id,
        client_secret=SecretStr(secret),
        name=env.get("HUB_OIDC_NAME", Oidc.name),
        domains=tuple(one.strip().removeprefix("@") for one in domains if one.strip()),
        role=role,
        workspace=env.get("HUB_OIDC_WORKSPACE", Oidc.workspace),
    )


def _llm(env: dict[str, str]) -> Endpoint | None:
    """Where the language model answers; None when none is wanted."""
    url, model = env.get("HUB_LLM_BASE_URL", ""), env.get("HUB_LLM_MODEL", "")
    api = env.get("HUB_LLM_API") or "openai"
    if not url and not model:
        return None
    if not (url and model):
        raise BadSetting(
            "HUB_LLM_BASE_URL and HUB_LLM_MODEL belong together: set both, such as"
            " https://api.openai.com/v1 and the model's name there, or neither."
        )
    base_url = address("HUB_LLM_BASE_URL", url)
    if api not in APIS:
        raise BadSetting(f"HUB_LLM_API must be one of {', '.join(APIS)}, not {api!r}.")
    if find_spec(api) is None:
        raise BadSetting(
            f"HUB_LLM_API={api} needs the Python package {api}: install it beside the hub with"
            f" `pip install {api}`."
        )
    return Endpoint(
        base_url=base_url,
        key=SecretStr(env.get("HUB_LLM_API_KEY", "")),
        model=model,
        api=api,
    )
