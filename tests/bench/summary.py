"""How good and how fast the embedded summary is, beside simple methods and the best possible picks.

    python tests/bench/summary.py tweetsumm.json [--langid langid.json] [--half tune|report|all]

The first file is a list of {"id", "turns": [{"role", "text"}], "refs": [text]}, the second a list
of [set, language, text]; neither is part of the project. Needs rouge-score.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rouge_score.rouge_scorer import RougeScorer

from hub.summary import Turn, facts, passages, summarise
from hub.summary.language import detect
from hub.summary.small_talk import idle_words
from hub.summary.text import clean, sentences

MEASURES = ("rouge1", "rouge2", "rougeL")
TARGETS = (
    "to reach: quotes 33.0 14.5 26.5, sentences 37 15 29.5, language id 97.5 %,"
    " p95 5 ms at 30 turns, 25 ms at any length, 1 ms of facts"
)
Dialogue = dict[str, Any]
Method = Callable[[Dialogue], str]


def turns_of(dialogue: Dialogue) -> list[Turn]:
    return [
        Turn(str(number), turn["role"], turn["text"])
        for number, turn in enumerate(dialogue["turns"])
    ]


def plain(dialogue: Dialogue) -> str:
    """The quotes alone, as they are in the summary."""
    summary = summarise(turns_of(dialogue))
    return " ".join(quote for sentence in summary.sentences for quote in sentence.quotes)


def labelled(dialogue: Dialogue) -> str:
    """The sentences that an agent reads."""
    return " ".join(sentence.text for sentence in summarise(turns_of(dialogue)).sentences)


def lead(dialogue: Dialogue) -> str:
    return " ".join(_cleaned(dialogue)[:3])


def longest(dialogue: Dialogue) -> str:
    texts = _cleaned(dialogue)
    three = sorted(range(len(texts)), key=lambda i: -len(texts[i].split()))[:3]
    return " ".join(texts[i] for i in sorted(three))


def _cleaned(dialogue: Dialogue) -> list[str]:
    return [
        clean(turn["text"], signed=turn["role"] != "customer").replace("\n", " ")
        for turn in dialogue["turns"]
    ]


class Rouge:
    """The mean over references of each measure's F1, with stemming, as rouge-score has it."""

    def __init__(self) -> None:
        self._scorer = RougeScorer(list(MEASURES), use_stemmer=True)

    def score(self, text: str, references: list[str]) -> list[float]:
        scores = [self._scorer.score(reference, text) for reference in references]
        return [statistics.fmean(s[m].fmeasure for s in scores) for m in MEASURES]

    def oracle(self, dialogue: Dialogue) -> str:
        """Up to three sentences, added greedily while ROUGE-1 plus ROUGE-2 rise."""
        texts = [s for text in _cleaned(dialogue) for s in sentences(text)]
        picked: list[int] = []
        best = 0.0
        while len(picked) < 3:
            trials = [
                (
                    sum(
                        self.score(
                            " ".join(texts[k] for k in sorted([*picked, i])), dialogue["refs"]
                        )[:2]
                    ),
                    i,
                )
                for i in range(len(texts))
                if i not in picked
            ]
            value, chosen = max(trials, default=(0.0, -1))
            if value <= best:
                break
            best = value
            picked.append(chosen)
        return " ".join(texts[i] for i in sorted(picked))


def quality(dialogues: list[Dialogue], with_oracle: bool) -> Iterable[str]:
    rouge = Rouge()
    methods: dict[str, Method] = {
        "LEAD-3 turns": lead,
        "LONGEST-3 turns": longest,
        "embedded, quotes only": plain,
        "embedded, whole sentences": labelled,
    }
    if with_oracle:
        methods["extractive oracle"] = rouge.oracle
    yield f"{'on ' + str(len(dialogues)) + ' dialogues':28} {'R1':>6} {'R2':>6} {'RL':>6}"
    for name, method in methods.items():
        rows = [rouge.score(method(d), d["refs"]) for d in dialogues]
        means = [100 * statistics.fmean(column) for column in zip(*rows, strict=True)]
        yield f"{name:28} " + " ".join(f"{mean:6.2f}" for mean in means)


def language_id(samples: list[list[str]]) -> Iterable[str]:
    right: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    mistakes: dict[str, Counter[str]] = defaultdict(Counter)
    for name, language, text in samples:
        found = detect([text])
        seen[name] += 1
        right[name] += found == language
        if found != language:
            mistakes[name][f"{language}->{found}"] += 1
    for name in sorted(seen):
        worst = ", ".join(f"{pair} {n}" for pair, n in mistakes[name].most_common(4))
        share = 100 * right[name] / seen[name]
        yield f"language id, {name:15} {share:6.2f} % of {seen[name]} ({worst})"


def speed(dialogues: list[Dialogue]) -> Iterable[str]:
    pool = [turn for dialogue in dialogues for turn in dialogue["turns"]]
    sizes = {"5 turns": (5, 1), "30 turns": (30, 1), "2000 turns": (2000, 1)}
    sizes |= {"30 turns of 100 KB": (30, 900), "2000 turns of 2 KB": (2000, 18)}
    yield f"{'time of one summary':28} {'p50':>9} {'p95':>9} {'max':>9}"
    for name, (count, longer) in sizes.items():
        times = sorted(_time(_conversation(pool, count, longer, seed)) for seed in range(200))
        marks = (times[100], times[190], times[-1])
        yield f"{name:28} " + " ".join(f"{1000 * mark:6.2f} ms" for mark in marks)
    times = sorted(_time_of_facts(_conversation(pool, 30, 1, seed)) for seed in range(200))
    marks = (times[100], times[190], times[-1])
    yield f"{'of 30 turns, for facts':28} " + " ".join(f"{1000 * mark:6.2f} ms" for mark in marks)


def _conversation(pool: list[dict[str, str]], count: int, longer: int, seed: int) -> list[Turn]:
    turns = random.Random(seed).choices(pool, k=count)
    return [
        Turn(str(i), turn["role"], " ".join([turn["text"]] * longer))  # type: ignore[arg-type]
        for i, turn in enumerate(turns)
    ]


def _time(turns: list[Turn]) -> float:
    """Seconds of the processor, so that what else the machine does counts little."""
    start = time.thread_time()
    summarise(turns)
    return time.thread_time() - start


def _time_of_facts(turns: list[Turn]) -> float:
    spoken = passages.window(turns)
    texts = passages.cleaned(spoken)
    found = passages.read(spoken, texts, idle_words("en"))
    start = time.thread_time()
    facts.find(spoken, texts, found, "en")
    return time.thread_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dialogues", type=Path, help="TweetSumm as JSON")
    parser.add_argument("--langid", type=Path, help="language samples as JSON")
    parser.add_argument("--half", choices=["tune", "report", "all"], default="report")
    parser.add_argument("--no-oracle", action="store_true", help="leave out the slow oracle")
    options = parser.parse_args()
    dialogues = sorted(json.loads(options.dialogues.read_text("utf-8")), key=lambda d: d["id"])
    half = {"tune": dialogues[0::2], "report": dialogues[1::2], "all": dialogues}[options.half]
    for line in quality(half, not options.no_oracle):
        print(line, flush=True)
    if options.langid:
        print(*language_id(json.loads(options.langid.read_text("utf-8"))), sep="\n", flush=True)
    print(*speed(dialogues), sep="\n")
    print(TARGETS)


if __name__ == "__main__":
    main()
