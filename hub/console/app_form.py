"""The form of a desk's app, from the desk's own description of its credentials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from connectors.base import Config, Connector
from connectors.oauth import Consent

SANDBOX = "base_url"


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of the form; a secret never has its value in a page."""

    name: str
    title: str
    hint: str
    value: str
    required: bool
    secret: bool
    choices: Sequence[str]
    problem: str | None


def asked(consent: Consent, *, sandbox: bool) -> tuple[str, ...]:
    """The names of what a person fills in."""
    return (*consent.fields, SANDBOX) if sandbox else consent.fields


def fields(
    connector: type[Connector],
    consent: Consent,
    values: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    sandbox: bool,
    kept: bool,
) -> list[Field]:
    """The fields with their values and complaints; `kept`: secrets are stored already."""
    form = connector.Config.model_fields
    return [
        _field(name, form[name], values.get(name), problems.get(f"config.{name}"),
               always=name in consent.client, kept=kept)
        for name in asked(consent, sandbox=sandbox)
    ]  # fmt: skip


def given(
    connector: type[Connector], names: Sequence[str], form: Mapping[str, str]
) -> dict[str, Any]:
    """What was entered: an empty field is None, an empty secret says nothing."""
    entered = {name: form[name].strip() or None for name in names if name in form}
    about = connector.Config.model_fields
    return {n: value for n, value in entered.items() if value or not _is_secret(about[n])}


def shown(config: Config) -> dict[str, str]:
    """The config's values that may be seen."""
    return {
        name: str(value)
        for name, value in config.model_dump().items()
        if value is not None and not isinstance(value, SecretStr)
    }


def _field(
    name: str, about: FieldInfo, value: str | None, problem: str | None, *, always: bool, kept: bool
) -> Field:
    secret = _is_secret(about)
    default = about.default if isinstance(about.default, str) else ""
    return Field(
        name=name,
        title=about.title or name,
        hint=about.description or "",
        value="" if secret else default if value is None else value,
        required=(about.is_required() or always) and not (secret and kept),
        secret=secret,
        choices=get_args(about.annotation) if get_origin(about.annotation) is Literal else (),
        problem=problem,
    )


def _is_secret(about: FieldInfo) -> bool:
    return SecretStr in (about.annotation, *get_args(about.annotation))
