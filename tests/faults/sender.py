"""The bot platform, in a process of its own: posts until it is acknowledged, and writes that down.

    python -m tests.faults.sender ORDER.json

What it posts is drawn from one seed. While the file `hold` is there it waits.
"""

import json
import random
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from tests.faults.evidence import PHONE
from tests.faults.stage import Acknowledged, body_of, signed

THREADS = 6
WORDS = ("Hallo?", "Sind Sie noch da?", "Meine Bestellung 4711 fehlt.", f"Rufen Sie an: {PHONE}.",
         "Ich warte.", "Danke.")  # fmt: skip
GARBAGE = (b"", b"{", b"[]", b'{"event": 1}', b"\xff\xfe", b'{"event":"x","data":{},"ts":NaN}',
           b"[" * 200, b'{"a":1,"a":2}')  # fmt: skip
MALFORMED = 0.02  # of all posts


def conversation(name: str, desk: str, chance: random.Random, longest: int) -> Iterator[Any]:
    """The events of one conversation, in order."""
    transcript = [{"role": "user", "content": f"{name} #0: {chance.choice(WORDS)}"}]
    yield "conversation.escalated", {
        "conversationId": name, "target": desk, "transcript": transcript,
        "customer": {"name": "Ada", "email": f"{name}@example.com"},
    }  # fmt: skip
    for number in range(1, chance.randint(1, longest)):
        said = {"role": "user", "content": f"{name} #{number}: {chance.choice(WORDS)}"}
        yield "conversation.replied", {"conversationId": name, "message": said}


class Sender:
    """So many events to one source, by a few threads that each speak for one customer at a time."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.kept = Acknowledged(Path(order["acknowledged"]))
        self.hold = Path(order["hold"])
        self.lock = threading.Lock()
        self.left = int(order["events"])
        self.number = 0

    def run(self) -> None:
        """Send everything."""
        threads = [threading.Thread(target=self._speak) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _speak(self) -> None:
        while True:
            with self.lock:
                if self.left <= 0:
                    return
                self.number += 1
                number = self.number
            chance = random.Random(f"{self.order['seed']}/{number}")
            desks = self.order["desks"]
            name, desk = f"{self.order['name']}-{number}", desks[number % len(desks)]
            for event, data in conversation(name, desk, chance, self.order["longest"]):
                if chance.random() < MALFORMED:
                    self._babble(chance)
                self._post(event, data, desk)
                with self.lock:
                    self.left -= 1

    def _post(self, event: str, data: dict[str, Any], desk: str) -> None:
        body = body_of(event, data)
        while True:
            while self.hold.exists():
                time.sleep(0.05)
            try:
                answer = signed(self.order["source"], body)
            except requests.RequestException:
                time.sleep(0.05)
                continue
            if answer.status_code == 202:
                break
            if answer.status_code not in (429, 503):
                self.kept.add({"event": "refused", "status": answer.status_code, "id": None})
                return
            time.sleep(0.1)
        told = answer.json()
        for one in [*told["accepted"], *told["duplicates"]]:
            text = data.get("message", {}).get("content")
            self.kept.add({**one, "event": event, "conversation": data["conversationId"],
                           "desk": desk, "text": text})  # fmt: skip

    def _babble(self, chance: random.Random) -> None:
        """What nobody can read; a 4xx is right, another 5xx than 503 is not."""
        try:
            status = signed(self.order["source"], chance.choice(GARBAGE)).status_code
        except requests.RequestException:
            return
        self.kept.add({"event": "malformed", "status": status, "id": None})


if __name__ == "__main__":
    Sender(json.loads(Path(sys.argv[1]).read_text())).run()
