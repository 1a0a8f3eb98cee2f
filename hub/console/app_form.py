"""The form of a desk's credentials, from the desk's own description of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from connectors.base import Config, Connector
from connectors.oauth import Consent

SANDBOX = "base_url"
WORDS = "status_words"
ALLOWED = "authorized"  # set by the desk's own page, by nobody's hand


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of the form; a secret never has its value in a page."""

    name: str
    title: str
    hint: str
    value: str
    required: bool
    secret: bool
    lines: int  # more than one: a text of lines
    choices: Sequence[str]
    problem: str | None


def asked(connector: type[Connector], consent: Consent | None, *, sandbox: bool) -> tuple[str, ...]:
    """The names of what a person fills in, for the desk's own page (`consent`) or without it."""
    known = connector.Config.model_fields
    aside = (SANDBOX, WORDS, ALLOWED)
    names = consent.fields if consent else tuple(name for name in known if name not in aside)
    more = () if consent else (WORDS,)
    return (*names, *more, SANDBOX) if sandbox else (*names, *more)


def fields(
    connector: type[Connector],
    consent: Consent | None,
    values: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    sandbox: bool,
    kept: bool,
) -> list[Field]:
    """The fields with their values and complaints; `kept`: secrets are stored already."""
    form = connector.Config.model_fields
    always = consent.client if consent else ()
    return [
        _field(name, form[name], values.get(name), _problem(name, problems),
               always=name in always, kept=kept)
        for name in asked(connector, consent, sandbox=sandbox)
    ]  # fmt: skip


def given(
    connector: type[Connector], names: Sequence[str], form: Mapping[str, str]
) -> dict[str, Any]:
    """What was entered: an empty field is None, an empty secret says nothing."""
    entered: dict[str, Any] = {n: form[n].strip() or None for n in names if n in form}
    if WORDS in entered:
        entered[WORDS] = _words(entered[WORDS] or "")
    about = connector.Config.model_fields
    return {n: value for n, value in entered.items() if value or not _is_secret(about[n])}


def shown(config: Config) -> dict[str, str]:
    """The config's values that may be seen."""
    return {
        name: _text(value)
        for name, value in config.model_dump().items()
        if value is not None and not isinstance(value, SecretStr)
    }


def _field(
    name: str, about: FieldInfo, value: str | None, problem: str | None, *, always: bool, kept: bool
) -> Field:
    secret = _is_secret(about)
    default = about.default if isinstance(about.default, str) else ""
    more = about.json_schema_extra if isinstance(about.json_schema_extra, dict) else {}
    hint = about.description or ""
    if name == WORDS:
        hint += " One a line: Waiting for parts = on_hold"
    return Field(
        name=name,
        title=about.title or name,
        hint=hint,
        value="" if secret else default if value is None else value,
        required=(about.is_required() or always) and not (secret and kept),
        secret=secret,
        lines=3 if name == WORDS else 6 if more.get("format") == "multiline" else 1,
        choices=get_args(about.annotation) if get_origin(about.annotation) is Literal else (),
        problem=problem,
    )


def _problem(name: str, problems: Mapping[str, str]) -> str | None:
    """The complaint about the field, or about a part of it."""
    at = f"config.{name}"
    told = [text for key, text in problems.items() if key == at or key.startswith(f"{at}.")]
    return " ".join(told) or None


def _words(text: str) -> dict[str, str]:
    """Lines of `word = status`; what is no such line is a word without a status, and refused."""
    pairs = (line.rpartition("=") for line in text.splitlines() if line.strip())
    return {
        (word if equals else status).strip(): status.strip() if equals else ""
        for word, equals, status in pairs
    }


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{word} = {status}" for word, status in value.items())
    return str(value)


def _is_secret(about: FieldInfo) -> bool:
    return SecretStr in (about.annotation, *get_args(about.annotation))
