"""The stages of HubSpot's ticket pipelines, and what they mean."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.errors import InvalidRequest, Unsupported
from connectors.http import understood
from connectors.hubspot.api import Api
from connectors.hubspot.config import LABELS, NEAREST, Config
from connectors.types import Status


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: its id is sent, its label is what people call it."""

    id: str
    pipeline: str
    label: str
    status: Status


class Stages:
    """The account's stages, read once, and again when an unknown one turns up."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.known: dict[str, Stage] | None = None  # in the order of pipelines and stages

    def get(self, stage_id: str) -> Stage | None:
        """A stage by its id; None for one that is deleted."""
        known = self.known
        if known is None or stage_id not in known:
            known = self.read()
        return known.get(stage_id)

    def read(self) -> dict[str, Stage]:
        """All stages, from HubSpot."""
        answer = self.api.crm.pipelines()
        with understood("GET /crm/pipelines/tickets"):
            pipelines = sorted(answer["results"], key=lambda one: one.get("displayOrder") or 0)
            self.known = {
                str(raw["id"]): _stage(raw, str(one["id"]), self.api.config)
                for one in pipelines
                for raw in sorted(one["stages"], key=lambda raw: raw.get("displayOrder") or 0)
            }
        return self.known

    def forget(self) -> None:
        """Read them again next time."""
        self.known = None

    def first(self, pipeline: str | None) -> Stage:
        """Where a new ticket of the pipeline (or of the account's first one) begins."""
        stages = [*(self.known or self.read()).values()]
        pipeline = pipeline or next((stage.pipeline for stage in stages), None)
        for stage in stages:
            if stage.pipeline == pipeline and not stage.status.done:
                return stage
        raise InvalidRequest(
            f"HubSpot has no ticket pipeline {pipeline} with an open stage",
            fields={"hs_pipeline": "no such pipeline"},
        )

    def nearest(self, status: Status, now: Stage | None) -> Stage:
        """The stage in the same pipeline for a status, or for what comes nearest to it."""
        stages = [*(self.known or self.read()).values()]
        pipeline = now.pipeline if now else self.first(self.api.config.pipeline_id).pipeline
        for wanted in NEAREST.get(status, ()):
            if now and now.status is wanted:
                return now
            for stage in stages:
                if stage.pipeline == pipeline and stage.status is wanted:
                    return stage
        raise Unsupported(f"HubSpot's pipeline {pipeline} has no stage for {status}")


def _stage(raw: Mapping[str, Any], pipeline: str, config: Config) -> Stage:
    label, closed = str(raw["label"]), (raw.get("metadata") or {}).get("ticketState") == "CLOSED"
    status = _status(str(raw["id"]), label, closed, config)
    return Stage(str(raw["id"]), pipeline, label, status)


def _status(stage_id: str, label: str, closed: bool, config: Config) -> Status:
    """The account's own word for the stage, by label or id, or what HubSpot tells."""
    own = {word.casefold(): status for word, status in config.status_words.items()}
    for word in (label.casefold(), stage_id.casefold()):
        if word in own:
            return own[word]
    if closed:
        return Status.SOLVED
    return next((s for words, s in LABELS if re.search(words, label, re.I)), Status.OPEN)
