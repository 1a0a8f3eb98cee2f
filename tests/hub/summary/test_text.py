"""Where a sentence ends, what a word is, and where a text may be cut."""

import pytest

from hub.summary.text import clean, cut, sentences, tokens

SPLITS = {
    "It broke. Please help! Why?": ["It broke.", "Please help!", "Why?"],
    "Ask Dr. Meyer about it. Thanks.": ["Ask Dr. Meyer about it.", "Thanks."],
    "J. R. Smith called.": ["J. R. Smith called."],
    "Order no. 4711 is late. Very late.": ["Order no. 4711 is late.", "Very late."],
    "I said no. Nobody listened.": ["I said no.", "Nobody listened."],
    "Am 3. Mai bestellt. Nie angekommen.": ["Am 3. Mai bestellt.", "Nie angekommen."],
    "1. Restart it. 2. Wait.": ["1. Restart it.", "2. Wait."],
    "I paid 30. Then 40.": ["I paid 30.", "Then 40."],
    "Version 2.5 fails": ["Version 2.5 fails"],
    'He said "go." Then left.': ['He said "go."', "Then left."],
    "Wait... what?": ["Wait...", "what?"],
    "first line\nsecond line": ["first line", "second line"],
    "订单没到。没有人回复！为什么？": ["订单没到。", "没有人回复！", "为什么？"],
    "「届かない。」と言った。": ["「届かない。」", "と言った。"],
    "أين طلبي؟ لم يصل.": ["أين طلبي؟", "لم يصل."],
    "ऑर्डर नहीं आया। मदद करें।": ["ऑर्डर नहीं आया।", "मदद करें।"],
    "": [],
}


@pytest.mark.parametrize(("text", "expected"), SPLITS.items())
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_words_of_spaced_scripts_are_whole_with_their_marks() -> None:
    assert tokens("Don't panic, Tür-4") == ["don", "t", "panic", "tür", "4"]
    assert tokens("ऑर्डर नहीं") == ["ऑर्डर", "नहीं"]
    assert tokens("주문 번호") == ["주문", "번호"]


def test_unspaced_scripts_become_pairs_of_characters() -> None:
    assert tokens("订单号 A7") == ["订单", "单号", "a7"]
    assert tokens("私") == ["私"]
    assert tokens("สั่ง") == ["สั", "ั่", "่ง"]


CLEANED = {
    "@Shop @Bob where is it?": "where is it?",
    "See https://a.example/x?y=1 for more": "See\nfor more",
    "We are on it. ^AB": "We are on it.",
    "We are on it.*TRR": "We are on it.",
    "Ok ^AB 2/2": "Ok",
    "Let us check -CO": "Let us check",
    "Bring the bag to the desk (1/2)": "Bring the bag to the desk",
    "a \t b\r\n\r\n c": "a b\nc",
    "4 - 2": "4 - 2",
}


@pytest.mark.parametrize(("text", "expected"), CLEANED.items())
def test_an_agents_message_is_cleaned_of_what_is_not_speech(text: str, expected: str) -> None:
    assert clean(text, signed=True) == expected


def test_a_customers_words_are_not_taken_for_a_signature() -> None:
    assert clean("it costs 5 -OK") == "it costs 5 -OK"


def test_a_cut_ends_with_a_whole_word_if_there_is_one() -> None:
    assert cut("one two three", words=2, characters=100) == "one two"
    assert cut("one two three", characters=9) == "one two"
    assert cut("unbreakable", characters=5) == "unbre"
    assert cut("one two", words=2, characters=100) == "one two"
