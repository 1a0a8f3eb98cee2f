"""The sandbox's own routes, below `/_…`: ledger, faults, settings, and what agents do."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox_desk import SandboxDesk
from connectors.sandbox_shapes import Refused, World, answer

Desks = Mapping[str, SandboxDesk]


class Control:
    """Answers requests to the sandbox itself rather than to one of its desks."""

    def __init__(self, world: World, desks: Desks) -> None:
        self.world = world
        self.desks = desks
        self.routes: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "/_desks"): self.show_desks,
            ("GET", "/_ledger"): self.show_ledger,
            ("GET", "/_faults"): lambda _request: {"data": world.faults.shown()},
            ("POST", "/_faults"): self.add_fault,
            ("DELETE", "/_faults"): self.clear_faults,
            ("GET", "/_settings"): self.show_settings,
            ("POST", "/_settings"): self.set,
            ("POST", "/_act"): self.act,
            ("POST", "/_reset"): self.reset,
            ("POST", "/_hooks"): self.register,
            ("GET", "/_tickets"): self.show_ticket,
        }

    def __call__(self, request: Request, path: str) -> Response:
        ask = self.routes.get((request.method, path))
        if ask is None:
            known = sorted(f"{method} {where}" for method, where in self.routes)
            return answer({"error": "no such route", "routes": known}, 404)
        try:
            return answer(ask(request))
        except KeyError as missing:
            return answer({"error": f"unknown or missing: {missing}"}, 404)
        except (ValueError, TypeError, NotImplementedError) as problem:
            return answer({"error": str(problem)}, 422)
        except Refused as no:
            return no.answer

    def show_desks(self, _request: Request) -> Any:
        """Every desk with its demo accounts, so that a connection can be built from the answer.

        `began` names this life of the sandbox: in the next one its numbers begin anew.
        """
        began = self.world.began.isoformat()
        return {"data": [_shown(desk) for desk in self.desks.values()], "began": began}

    def show_ledger(self, request: Request) -> Any:
        args = request.args
        after = int(args.get("after") or 0)
        desk, call = args.get("desk") or None, args.get("call") or None
        return {"data": self.world.ledger.since(after, desk, call)}

    def add_fault(self, request: Request) -> Any:
        wish = _json(request)
        if wish.get("desk", "*") != "*":
            self.desks[wish["desk"]]
        fault = self.world.faults.make(wish)
        if fault.mode == "expired_token" and fault.rate == 1:
            self._expire_now(fault.desk)  # once: the next grant's token is good
        else:
            self.world.faults.add(fault)
        return {"data": fault.shown()}

    def _expire_now(self, name: str) -> None:
        for desk in self.desks.values():
            if name in ("*", desk.name):
                with desk.lock:
                    desk.expire_tokens()

    def clear_faults(self, request: Request) -> Any:
        self.world.faults.clear(request.args.get("desk"))
        return {"data": self.world.faults.shown()}

    def show_settings(self, _request: Request) -> Any:
        return {"data": {name: _settings(desk) for name, desk in self.desks.items()}}

    def set(self, request: Request) -> Any:
        """Change settings: `{"desk", name: value, ...}`."""
        wish = _json(request)
        desk = self.desks[wish.pop("desk")]
        for name, value in wish.items():
            if name not in desk.settings:
                raise ValueError(f"{name!r} is none of {', '.join(desk.settings)}")
            desk.settings[name] = float(value)
        return {"data": _settings(desk)}

    def act(self, request: Request) -> Any:
        """What an agent does: `{"desk", "ticket_id", "reply"|"note"|"status"|...}`."""
        wish = _json(request)
        desk = self.desks[wish.pop("desk")]
        return {"ids": desk.act(str(wish.pop("ticket_id")), wish)}

    def reset(self, request: Request) -> Any:
        """Forget a desk's tickets, and its faults; the ledger keeps what happened."""
        desk = self.desks[_json(request)["desk"]]
        self.world.faults.clear(desk.name)
        with desk.lock:
            desk.restart()
        desk.record("reset")
        return {"data": desk.name}

    def register(self, request: Request) -> Any:
        """A webhook set up by hand: `{"desk", "url", "secret"}`."""
        wish = _json(request)
        desk = self.desks[wish["desk"]]
        with desk.lock:
            desk.person_registers(wish["url"], wish["secret"])
        return {"data": wish["url"]}

    def show_ticket(self, request: Request) -> Any:
        """One ticket as the desk holds it: `?desk=&ticket_id=`; files in base64."""
        desk = self.desks[request.args["desk"]]
        with desk.lock:
            case = asdict(desk.case(request.args["ticket_id"]))
        for entry in case["entries"]:
            for file in entry["files"]:
                file["data"] = base64.b64encode(file["data"]).decode()
        return {"data": case}


def _shown(desk: SandboxDesk) -> dict[str, Any]:
    return {
        "desk": desk.name,
        "title": desk.title,
        "url": desk.url,
        "page": f"{desk.url}/",
        "agents": desk.agents,
        "statuses": desk.words,
        "accounts": desk.accounts(),
    }


def _settings(desk: SandboxDesk) -> dict[str, Any]:
    meanings = {name: why for name, (_default, why) in desk.SETTINGS.items()}
    return {
        name: {"value": value, "meaning": meanings[name]} for name, value in desk.settings.items()
    }


def _json(request: Request) -> dict[str, Any]:
    wish = request.get_json(force=True, silent=True)
    if not isinstance(wish, dict):
        raise ValueError("the body has to be a JSON object")
    return wish
