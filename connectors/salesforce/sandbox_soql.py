"""SOQL as far as a support integration needs it: parsed, checked against the schema, answered.

Strings compare without regard to case, null sorts first, datetimes stand without quotes, long text
cannot be filtered, and a query inside a query reads children.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from connectors.salesforce.sandbox_errors import refused
from connectors.salesforce.sandbox_ids import normal
from connectors.salesforce.sandbox_schema import BY_LOWER, CHILDREN, KINDS, Field, Kind
from connectors.salesforce.sandbox_values import (
    Look,
    Row,
    compare,
    malformed,
    same_word,
    stamp,
    tokens,
    unescaped,
    value_of,
)

LONGEST = 100_000  # characters
WORDS = {"null": None, "true": True, "false": False}

Test = Callable[[Row], bool]


@dataclass
class Query:
    """A parsed query; `paths` are lists of fields along relations, `inside` its subqueries."""

    kind: Kind
    paths: list[list[Field]] = field(default_factory=list)
    inside: dict[str, "Query"] = field(default_factory=dict)
    test: Test = lambda _row: True
    order: list[tuple[list[Field], bool, bool]] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0
    counts: bool = False
    name: str = ""  # as the query spells its source
    via: str = ""  # of a subquery: its reference to the parent
    equals: set[str] = field(default_factory=set)  # fields that are compared with = or IN


class Parser:
    """Reads one query; `hidden` are fields that the caller may not see."""

    def __init__(self, text: str, look: Look, hidden: Iterable[str] = ()) -> None:
        if len(text) > LONGEST:
            raise malformed("SOQL statements cannot be longer than 100,000 characters.")
        self.tokens = tokens(text)
        self.look = look
        self.hidden = set(hidden)
        self.place = 0

    def query(self) -> Query:
        """The whole query."""
        found = self.select(None)
        if self.place < len(self.tokens):
            raise malformed(f"unexpected token: '{self.peek()}'")
        return found

    def select(self, parent: Kind | None) -> Query:
        self.need("select")
        start = self.place
        self._skip_to_from()
        self.need("from")
        found = self._source(parent)
        end, self.place = self.place, start
        self._columns(found)
        self.place = end
        if self.took("where"):
            found.test = self.either(found)
        if self.took("order"):
            self.need("by")
            found.order = self._order(found)
        if self.took("limit"):
            found.limit = int(self._take("number"))
        if self.took("offset"):
            found.offset = int(self._take("number"))
        return found

    def _skip_to_from(self) -> None:
        depth = 0
        while self.place < len(self.tokens):
            word = self.tokens[self.place][1].casefold()
            depth += (word == "(") - (word == ")")
            if word == "from" and not depth:
                return
            self.place += 1

    def _source(self, parent: Kind | None) -> Query:
        name = self._take("name")
        if parent is not None:
            child, via = CHILDREN.get(name.casefold(), ("", ""))
            if not child or parent.name != "Case":
                raise refused("INVALID_TYPE", f"Didn't understand relationship '{name}'")
            return Query(KINDS[child], via=via, name=name)
        kind = BY_LOWER.get(name.casefold())
        if kind is None:
            raise refused("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return Query(kind, name=name)

    def _columns(self, found: Query) -> None:
        while True:
            if self.took("("):
                inside = self.select(found.kind)
                found.inside[inside.name] = inside
                self.need(")")
            elif self.peek() == "count" and self.tokens[self.place + 1][1] == "(":
                self.place += 3
                found.counts = True
            else:
                found.paths.append(self.path(found.kind, self._take("name")))
            if not self.took(","):
                return

    def path(self, kind: Kind, text: str) -> list[Field]:
        """The fields along `Contact.Account.Name`."""
        steps: list[Field] = []
        *relations, last = text.split(".")
        if relations and relations[0].casefold() == kind.name.casefold():
            relations = relations[1:]
        for name in relations:
            step = kind.relations.get(name.casefold())
            if step is None:
                raise refused("INVALID_FIELD", f"Didn't understand relationship '{name}'")
            steps.append(step)
            kind = KINDS[step.targets[0]]
        found = kind.by_lower.get(last.casefold())
        if found is None or "hidden" in found.words or found.name in self.hidden:
            words = f"No such column '{last}' on entity '{kind.name}'."
            raise refused("INVALID_FIELD", words)
        return [*steps, found]

    def either(self, query: Query) -> Test:
        tests = [self.all_of(query)]
        while self.took("or"):
            tests.append(self.all_of(query))
        return lambda row: any(test(row) for test in tests)

    def all_of(self, query: Query) -> Test:
        tests = [self.one(query)]
        while self.took("and"):
            tests.append(self.one(query))
        return lambda row: all(test(row) for test in tests)

    def one(self, query: Query) -> Test:
        if self.took("not"):
            test = self.one(query)
            return lambda row: not test(row)
        if self.took("("):
            test = self.either(query)
            self.need(")")
            return test
        return self._comparison(query)

    def _comparison(self, query: Query) -> Test:
        steps = self.path(query.kind, self._take("name"))
        last = steps[-1]
        if "blind" in last.words:
            words = f"{last.name} can not be filtered in a query call"
            raise refused("INVALID_FIELD", words)
        sign = self._sign()
        if sign in ("in", "notin"):
            self.need("(")
            wanted = self._listed(last)
            query.equals |= {last.name} if sign == "in" else set()
            inside = sign == "in"
            return lambda row: (same_word(value_of(row, steps, self.look)) in wanted) == inside
        value = self._value(last)
        if sign == "=":
            query.equals.add(last.name)
        exact = last.kind == "reference" or last.name == "Id"
        return lambda row: compare(value_of(row, steps, self.look), sign, value, exact=exact)

    def _sign(self) -> str:
        word = self.peek()
        self.place += 1
        if word == "not" and self.took("in"):
            return "notin"
        if word not in ("=", "!=", "<>", "<", ">", "<=", ">=", "like", "in"):
            raise malformed(f"unexpected token: '{word}'")
        return "!=" if word == "<>" else word

    def _listed(self, last: Field) -> set[Any]:
        found = {same_word(self._value(last))}
        while self.took(","):
            found.add(same_word(self._value(last)))
        self.need(")")
        return found

    def _value(self, last: Field) -> Any:
        kind, text = self._next()
        if kind == "name" and text.casefold() in WORDS:
            return WORDS[text.casefold()]
        wanted = {"datetime": "time", "int": "number", "boolean": "name"}.get(last.kind, "text")
        if kind != wanted:
            words = f"value of filter criterion for field '{last.name}' must be of type {last.kind}"
            quoted = " and should not be enclosed in quotes" if kind == "text" else ""
            raise refused("INVALID_FIELD", words + quoted)
        if kind == "time":
            return stamp(text)
        if kind == "number":
            return float(text)
        plain = unescaped(text[1:-1])
        if last.kind == "reference" or last.name == "Id":
            return normal(plain)
        return text[1:-1] if self.tokens[self.place - 2][1].casefold() == "like" else plain

    def _order(self, query: Query) -> list[tuple[list[Field], bool, bool]]:
        found = []
        while True:
            steps = self.path(query.kind, self._take("name"))
            down = self.took("desc")
            if not down:
                self.took("asc")
            last = self.took("nulls") and not self.took("first") and self.took("last")
            found.append((steps, down, last))
            if not self.took(","):
                return found

    def peek(self) -> str:
        return self.tokens[self.place][1].casefold() if self.place < len(self.tokens) else ""

    def took(self, word: str) -> bool:
        here = self.peek() == word
        self.place += here
        return here

    def need(self, word: str) -> None:
        if not self.took(word):
            raise malformed(f"expecting '{word}', found '{self.peek() or '<EOF>'}'")

    def _next(self) -> tuple[str, str]:
        if self.place >= len(self.tokens):
            raise malformed("unexpected token: '<EOF>'")
        self.place += 1
        return self.tokens[self.place - 1]

    def _take(self, kind: str) -> str:
        found, text = self._next()
        if found != kind:
            raise malformed(f"unexpected token: '{text}'")
        return text
