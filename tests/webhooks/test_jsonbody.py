import json
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webhooks import jsonbody
from webhooks.errors import Unreadable

MIB = jsonbody.MAX_BODY


def nested(depth: int) -> bytes:
    """An object with lists inside, `depth` levels in all, and enough beside it to be counted."""
    deep = b"[" * (depth - 1) + b"]" * (depth - 1)
    return b'{"deep":' + deep + b',"flat":[' + b"{}," * 64 + b"{}]}"


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "space": b"  \n ",
    "NUL": b"\x00",
    "NUL after": b"{}\x00",
    "NUL in a string": b'{"a":"\x00"}',
    "NUL in a key": b'{"\x00":1}',
    "escaped NUL": b'{"a":"x\\u0000y"}',
    "escaped NUL in a key": b'{"\\u0000":1}',
    "escaped NUL after a backslash": b'{"a":"\\\\\\u0000"}',
    "escaped NUL deep inside": b'{"a":[{"b":["\\u0000"]}]}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "UTF-32": '{"a":1}'.encode("utf-32"),
    "Latin-1": b'{"a":"\xe9"}',
    "overlong slash": b'{"a":"\xc0\xaf"}',
    "overlong NUL": b'{"a":"\xc0\x80"}',
    "surrogate in bytes": b'{"a":"\xed\xa0\x80"}',
    "beyond Unicode": b'{"a":"\xf4\x90\x80\x80"}',
    "half a character": b'{"a":"\xe2\x82"}',
    "high surrogate": b'{"a":"\\ud800"}',
    "low surrogate": b'{"a":"\\udc00"}',
    "surrogates swapped": b'{"a":"\\udc00\\ud800"}',
    "surrogate in capitals": b'{"a":"\\uD83D"}',
    "surrogate in a key": b'{"\\udfff":1}',
    "surrogate after a pair": b'{"a":"\\ud83d\\ude00\\ud83d"}',
    "surrogate before an escaped backslash": b'{"a":"\\ud83d\\\\ude00"}',
    "null": b"null",
    "a list": b"[]",
    "a string": b'"{}"',
    "a number": b"1",
    "true": b"true",
    "two objects": b"{}{}",
    "a comma after": b"{},",
    "no end": b'{"a":1',
    "no end of a string": b'{"a":"',
    "no value": b'{"a":}',
    "no key": b"{:1}",
    "key without quotes": b"{a:1}",
    "single quotes": b"{'a':1}",
    "comma at the end": b'{"a":1,}',
    "comma at the end of a list": b'{"a":[1,]}',
    "comment": b'{"a":1 /* b */}',
    "line break in a string": b'{"a":"b\nc"}',
    "tab in a string": b'{"a":"b\tc"}',
    "unknown escape": b'{"a":"\\x41"}',
    "half an escape": b'{"a":"\\u00"}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":Infinity}',
    "-Infinity": b'{"a":[-Infinity]}',
    "infinity by exponent": b'{"a":1e999}',
    "minus infinity by exponent": b'{"a":-1.5E+400}',
    "leading zero": b'{"a":01}',
    "plus": b'{"a":+1}',
    "hex": b'{"a":0x10}',
    "dot alone": b'{"a":1.}',
    "5000 digits": b'{"a":' + b"9" * 5000 + b"}",
    "a million digits": b'{"a":-' + b"9" * 1_000_000 + b"}",
    "the same key twice": b'{"a":1,"a":1}',
    "the same key, spelled otherwise": b'{"a":1,"\\u0061":2}',
    "the same key deep inside": b'{"a":[{"b":{"c":1,"d":2,"c":3}}]}',
    "the empty key twice": b'{"":1,"":2}',
    "65 deep": nested(65),
    "66 deep in both": b'{"a":[' * 33 + b"1" + b"]}" * 33,
    "65 deep in objects": b'{"a":' * 65 + b"1" + b"}" * 65,
    "deep behind a quote": b'{"a":"\\"","b":' + b"[" * 70 + b"]" * 70 + b"}",
    "deep behind backslashes": b'{"a":"\\\\","b":' + b"[" * 70 + b"]" * 70 + b"}",
    "100,000 deep": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a megabyte of [[[[": b"[" * MIB,
    "a megabyte of {a:": b'{"a":' * (MIB // 5),
    "a megabyte of [],": b'{"a":[' + b"[]," * (MIB // 3 - 5) + b"[]]}",
    "a megabyte of {},": b'{"a":[' + b"{}," * (MIB // 3 - 5) + b"{}]}",
    "a megabyte of quotes": b'"' * MIB,
    "a megabyte of backslashes": b'{"a":"' + b"\\" * (MIB - 10),
    "a megabyte of NUL": b"\0" * MIB,
    "brackets crossed": b'{"a":' + b"[" * 40 + b"}" * 40 + b"[]" * 40,
    "markup": b"<html></html>",
    "a form": b"payload=%7B%7D",
}

HARMLESS: dict[str, tuple[bytes, object]] = {
    "empty": (b"{}", {}),
    "space around": (b' {"a" : 1}\r\n', {"a": 1}),
    "a backslash and u0000": (b'{"a":"\\\\u0000"}', {"a": "\\u0000"}),
    "a backslash and ud800": (b'{"a":"\\\\ud800"}', {"a": "\\ud800"}),
    "a pair of surrogates": (b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
    "the same key in two objects": (b'[{"a":1},{"a":1}]', None),
    "a key like a prototype": (b'{"__proto__":{"a":1}}', {"__proto__": {"a": 1}}),
    "brackets in a string": (b'{"a":"' + b"[" * 500 + b'"}', {"a": "[" * 500}),
    "quoted brackets": (b'{"a":"\\"' + b"[{" * 99 + b'\\""}', {"a": '"' + "[{" * 99 + '"'}),
    "400 digits": (b'{"a":' + b"1" * 400 + b"}", {"a": int("1" * 400)}),
    "a small number": (b'{"a":1e-999}', {"a": 0.0}),
}


def test_there_are_at_least_sixty_hostile_bodies() -> None:
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_body_is_refused_in_little_memory(case: str) -> None:
    tracemalloc.start()
    with pytest.raises(Unreadable):
        jsonbody.parse(HOSTILE[case])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32_000_000


BIG = {
    "ones": b'{"a":[' + b"1," * (MIB // 2 - 10) + b"1]}",
    "fractions": b'{"a":[' + b"1.5," * (MIB // 4 - 10) + b"1]}",
    "empty strings": b'{"a":[' + b'"",' * (MIB // 3 - 5) + b'""]}',
    "long numbers": b'{"a":[' + (b"7" * 4299 + b",") * 240 + b"1]}",
    "escaped backslashes": b'{"a":"' + b"\\\\" * (MIB // 2 - 10) + b'"}',
    "emoji": b'{"a":"' + b"\\ud83d\\ude00" * (MIB // 12 - 2) + b'"}',
    "keys": b"{" + b",".join(b'"%x":1' % n for n in range(80_000)) + b"}",
    "objects": b'{"a":[' + b'{"a":"b"},' * 49_000 + b"{}]}",
}


@pytest.mark.parametrize("case", BIG)
def test_a_large_body_that_is_in_order_is_read_as_it_is(case: str) -> None:
    assert jsonbody.parse(BIG[case]) == json.loads(BIG[case])


@pytest.mark.parametrize("case", HARMLESS)
def test_what_only_looks_hostile_is_read(case: str) -> None:
    body, expected = HARMLESS[case]
    if expected is None:
        body, expected = b'{"l":' + body + b"}", {"l": [{"a": 1}, {"a": 1}]}
    assert jsonbody.parse(body) == expected


def test_sixty_four_levels_are_read_and_sixty_five_are_not() -> None:
    assert jsonbody.parse(nested(64)) == json.loads(nested(64))
    with pytest.raises(Unreadable, match="deeper than 64"):
        jsonbody.parse(nested(65))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, width=16),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(max_size=9), values, max_size=5), st.booleans())
def test_every_object_without_nul_or_infinity_is_read_as_it_is(value: object, ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii)
    if "\\u0000" in text.replace("\\\\", "") or "Infinity" in text:
        return
    assert jsonbody.parse(text.encode()) == value


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\u0d8\n1eE.-', max_size=60))
def test_no_bytes_raise_anything_but_unreadable(body: bytes | str) -> None:
    try:
        read = jsonbody.parse(body if isinstance(body, bytes) else body.encode())
    except Unreadable:
        return
    assert isinstance(read, dict)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='[{]}"\\a', max_size=400))
def test_the_cheap_depth_agrees_with_a_slow_count(text: str) -> None:
    body = b'{"a":"' + json.dumps(text)[1:-1].encode() + b'","b":' + b"[" * 63 + b"]" * 63 + b"}"
    assert jsonbody.parse(body)["a"] == text
