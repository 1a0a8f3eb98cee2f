"""What counts as an e-mail address."""

import pytest

from connectors.addresses import usable_email


@pytest.mark.parametrize(
    "typed",
    [
        "zoe@example.com",
        "zoe.o'neil+shop@mail.example.co.uk",
        "zoë@müller.example",
        "用户@例子.公司",
        "z" * 242 + "@example.com",
    ],
)
def test_an_address_is_taken_as_it_is(typed: str) -> None:
    assert usable_email(typed) == typed


def test_blanks_around_an_address_are_none_of_it() -> None:
    assert usable_email(" zoe@example.com\n") == "zoe@example.com"


@pytest.mark.parametrize(
    "typed",
    [
        None,
        "",
        " ",
        "none",
        "zoe at example.com",
        "zoe@example",
        "zoe@",
        "@example.com",
        "zoe@example.com.",
        "zoe@.com",
        "zoe@example..com",
        "zoe@@example.com",
        "zoe@example.com@example.com",
        "zoe @example.com",
        "zoe@example.com, ada@example.com",
        "zoe@example.com;ada@example.com",
        "Zoe <zoe@example.com>",
        "<zoe@example.com>",
        "mailto:zoe@example.com",
        "zoe@exam\nple.com",
        "zoe\0@example.com",
        "zoe\u200b@example.com",
        "zoe\ud83d@example.com",
        "z" * 243 + "@example.com",
    ],
)
def test_what_is_clearly_no_address_counts_as_none(typed: str | None) -> None:
    assert usable_email(typed) is None
