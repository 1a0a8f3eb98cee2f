"""HubSpot's portal: tokens with their scopes, rate limits, owners, pipelines, properties."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.hubspot.sandbox_errors import bad, lacks, missing, refusal
from connectors.hubspot.sandbox_oauth import Doors
from connectors.hubspot.sandbox_records import Records
from connectors.hubspot.sandbox_schema import KINDS, MADE, STAGES, definition, pipeline
from connectors.hubspot.sandbox_webhooks import PORTAL
from connectors.sandbox import Refused, answer, route, same

TOKEN = "pat-na1-sandbox-token"
WEAK_TOKEN = "pat-na1-sandbox-weak-token"
SCOPES = (
    *("tickets", "files", "crm.objects.owners.read"),
    *("crm.objects.contacts.read", "crm.objects.contacts.write", "crm.schemas.contacts.read"),
)
TOKENS = {
    TOKEN: SCOPES,
    WEAK_TOKEN: tuple(scope for scope in SCOPES if scope != "crm.objects.owners.read"),
}
OWNERS = {  # id: first name, last name, email, user id
    "910901": ("Ann", "Agent", "ann@acme.example", 51001),
    "910902": ("Ben", "Berger", "ben@acme.example", 51002),
}
MOST_UNIQUE = 10


class Account:
    """Who may do what, how often, and how the portal is set up."""

    def __init__(self, records: Records, settings: Mapping[str, float], doors: Doors) -> None:
        self.records = records
        self.doors = doors
        self.records.owners |= set(OWNERS)
        self.settings = settings
        self.calls: deque[float] = deque()
        self.searches: deque[float] = deque()
        self.today = 0

    def admit(self, request: Request, path: str) -> None:
        """Raise `Refused` unless token, scopes and rate allow the request to a spelt path."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        scopes = next((s for known, s in TOKENS.items() if same(known, token)), None)
        scopes = scopes or self.doors.scopes(token)
        if kind.casefold() != "bearer" or scopes is None:
            raise Refused(refusal(401))
        needed = _scope(request.method, path)
        if needed and needed not in scopes:
            raise lacks(needed)
        request.environ["sandbox.scopes"] = scopes
        self._take(path)

    def _take(self, path: str) -> None:
        now = self.records.now().timestamp()
        if path.endswith("/search"):
            if not _room(self.searches, now, 1, self.settings["searches_per_second"]):
                told = {"policyName": "SECONDLY"}
                raise Refused(refusal(429, "You have reached your secondly limit.", **told))
        elif not _room(self.calls, now, 10, self.settings["calls_per_10_seconds"]):
            raise Refused(refusal(429))
        self.today += 1
        if self.today > self.settings["calls_per_day"]:
            words, told = "You have reached your daily limit.", {"policyName": "DAILY"}
            raise Refused(refusal(429, words, **told))

    def tell(self, made: Response, path: str) -> None:
        """Add the headers that tell what is left; a search tells nothing."""
        if path.endswith("/search"):
            return
        most, day = int(self.settings["calls_per_10_seconds"]), int(self.settings["calls_per_day"])
        name = "X-HubSpot-RateLimit"
        made.headers[f"{name}-Max"] = str(most)
        made.headers[f"{name}-Remaining"] = str(max(0, most - len(self.calls)))
        made.headers[f"{name}-Interval-Milliseconds"] = "10000"
        made.headers[f"{name}-Daily"] = str(day)
        made.headers[f"{name}-Daily-Remaining"] = str(max(0, day - self.today))

    @route("GET /account-info/details")
    def details(self, _request: Request) -> Any:
        return {
            "portalId": PORTAL,
            "accountType": "DEVELOPER_TEST",
            "timeZone": "Europe/Berlin",
            "companyCurrency": "EUR",
            "additionalCurrencies": [],
            "utcOffset": "+01:00",
            "utcOffsetMilliseconds": 3600000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }

    @route("POST /oauth/v2/private-apps/get/access-token-info")
    def introspect(self, request: Request) -> Any:
        """What a private app may do (general knowledge)."""
        asked = (request.get_json(force=True, silent=True) or {}).get("tokenKey")
        if asked not in TOKENS:
            raise missing()
        return {"userId": 51001, "hubId": PORTAL, "appId": 1160452, "scopes": list(TOKENS[asked])}

    @route("GET /crm/owners")
    def owners(self, request: Request) -> Any:
        email = request.args.get("email")
        rows = [_owner(one) for one, owner in OWNERS.items() if email in (None, owner[2])]
        return {"results": rows}

    @route("GET /crm/owners/<owner_id>")
    def owner(self, request: Request, owner_id: str) -> Any:
        if request.args.get("idProperty") == "userId":
            found = [one for one, owner in OWNERS.items() if str(owner[3]) == owner_id]
            owner_id = found[0] if found else ""
        if owner_id not in OWNERS:
            raise missing()
        return _owner(owner_id)

    @route("GET /crm/pipelines/tickets")
    def pipelines(self, _request: Request) -> Any:
        return {"results": [pipeline(one) for one in STAGES]}

    @route("GET /crm/pipelines/tickets/<pipeline_id>")
    def one_pipeline(self, _request: Request, pipeline_id: str) -> Any:
        if pipeline_id not in STAGES:
            raise missing()
        return pipeline(pipeline_id)

    @route("GET /crm/pipelines/tickets/<pipeline_id>/stages")
    def stages(self, request: Request, pipeline_id: str) -> Any:
        return {"results": self.one_pipeline(request, pipeline_id)["stages"]}

    @route("GET /crm/properties/<kind>")
    def properties(self, _request: Request, kind: str) -> Any:
        return {"results": [*self._properties(kind).values()]}

    @route("GET /crm/properties/<kind>/<name>")
    def one_property(self, _request: Request, kind: str, name: str) -> Any:
        if name not in self._properties(kind):
            words = f"Unable to find property {name}."
            raise Refused(refusal(404, words, subCategory="PROPERTY_NOT_FOUND"))
        return self._properties(kind)[name]

    @route("POST /crm/properties/<kind>")
    def create_property(self, request: Request, kind: str) -> Response:
        wish, known = request.get_json(force=True, silent=True) or {}, self._properties(kind)
        name = str(wish.get("name") or "")
        if not name or not wish.get("type") or not wish.get("fieldType"):
            raise bad("name, label, type, fieldType and groupName are required")
        if name in known:
            told = {"subCategory": "OBJECT_ALREADY_EXISTS/PROPERTY_WITH_NAME_EXISTS"}
            raise Refused(refusal(409, f"A property named {name} already exists.", **told))
        unique = bool(wish.get("hasUniqueValue"))
        if unique and sum(one["hasUniqueValue"] for one in known.values()) >= MOST_UNIQUE:
            raise bad(f"an object has at most {MOST_UNIQUE} unique properties")
        known[name] = definition(name, unique=unique, label=str(wish.get("label") or "")) | {
            part: wish[part] for part in ("type", "fieldType", "groupName") if part in wish
        }
        return answer(known[name], 201)

    def _properties(self, kind: str) -> dict[str, dict[str, Any]]:
        if kind not in KINDS:
            raise bad(f"Unable to infer object type from: {kind}")
        return self.records.properties[kind]


def owner_name(owner_id: str | None) -> str | None:
    """The name of an owner."""
    return " ".join(OWNERS[owner_id][:2]) if owner_id in OWNERS else None


def owner_of(name: str) -> str:
    """The id of the owner with this name; `ValueError` names those that there are."""
    names = {" ".join(owner[:2]): one for one, owner in OWNERS.items()}
    if name not in names:
        raise ValueError(f"{name!r} is none of {', '.join(names)}")
    return names[name]


def _owner(owner_id: str) -> dict[str, Any]:
    first, last, email, user = OWNERS[owner_id]
    told = {"id": owner_id, "email": email, "type": "PERSON", "firstName": first, "lastName": last}
    ids = {"userId": user, "userIdIncludingInactive": user}
    return told | ids | {"createdAt": MADE, "updatedAt": MADE, "archived": False}


def _scope(method: str, path: str) -> str | None:
    """The scope that a request to a spelt path needs."""
    parts = path.split("/")
    if parts[1] == "files":
        return "files"
    if parts[1] != "crm":
        return None
    if parts[2] == "owners":
        return "crm.objects.owners.read"
    if parts[2] == "properties" and parts[3] == "contacts":
        return "crm.schemas.contacts.read"
    if parts[2] in ("pipelines", "properties") or parts[3] == "tickets":
        return "tickets"
    reading = method == "GET" or parts[-1] in ("search", "read")
    return f"crm.objects.contacts.{'read' if reading else 'write'}"


def _room(calls: deque[float], now: float, seconds: float, most: float) -> bool:
    while calls and calls[0] <= now - seconds:
        calls.popleft()
    if len(calls) >= most:
        return False
    calls.append(now)
    return True
