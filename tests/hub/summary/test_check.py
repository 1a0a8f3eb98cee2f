"""What a language model's summary has to be held against the transcript."""

import pytest

from hub.summary.check import check
from hub.summary.types import Sentence, Summary, Turn, Unusable

TURNS = (
    Turn("a", "customer", "Hi, this is Maria. Order AB-4711 for 1,249.50 EUR (ref 88-12) is missing"
                          " since 22.11.2026. Write to maria@shop.example or https://shop.example/x."),
    Turn("b", "ai", "I am sorry. The parcel should arrive within 10 days, says DHL Express."),
)  # fmt: skip
FILL = Sentence("The assistant was sorry and said that the parcel should arrive.", ("b",))


def verdict(text: str, ids: tuple[str, ...] = ("a", "b"), subject: str = "Missing order") -> str:
    """The code of why a summary with this sentence is not used, or "accepted"."""
    return judged(Summary(subject, (Sentence(text, ids), FILL), "en", "llm"))


def judged(summary: Summary, turns: tuple[Turn, ...] = TURNS, language: str = "en") -> str:
    try:
        check(summary, turns, language)
    except Unusable as why:
        assert str(why).endswith(".") and not {"Maria", "4711"} & set(str(why).split())
        return why.code
    return "accepted"


@pytest.mark.parametrize(
    "text",
    [
        "The customer Maria is missing order AB-4711, which cost 1249.50 EUR.",
        "The customer's order (AB-4711, ref 88-12) has been missing since 22.11.2026.",
        "The customer can be reached at maria@shop.example and named https://shop.example/x.",
        "Maria's order is late; the assistant named a 10-day wait with DHL Express.",
        "The customer wrote: “Order AB-4711 is missing.”",
        "The customer says that I should look at shop.example for the order.",
    ],
)
def test_what_the_transcript_says_is_accepted(text: str) -> None:
    assert verdict(text) == "accepted"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("The customer is missing order AB-4712.", "invented_number"),
        ("The customer is missing order XY-4711.", "invented_number"),
        ("The customer paid 1,249 EUR for the order.", "invented_number"),
        ("The customer paid 249.50 EUR for the order.", "invented_number"),
        ("The order is missing since 23.11.2026.", "invented_number"),
        ("The order is missing, see message m1.", "invented_number"),
        ("The customer ordered ２ things in one order.", "invented_number"),
        ("The customer can be reached at mario@shop.example.", "invented_contact"),
        ("The customer wants an answer at [EMAIL_4].", "invented_contact"),
        ("The customer should look at https://shop.example/y.", "invented_link"),
        ("The customer should look at evil.example for the order.", "invented_link"),
        ("The customer should look at javascript://evil for the order.", "invented_link"),
        ("The customer Petra is missing an order.", "invented_name"),
        ("The order is missing, says Dr. Watson of the shop.", "invented_name"),
        ("The order went by Federal Parcel and is missing.", "invented_name"),
        ("Der Kunde vermisst seine Bestellung und wartet schon sehr lange.", "wrong_language"),
        ("The order is missing. It is late. The customer waits. So it goes.", "wrong_length"),
        ("The order is missing" + ", and missing" * 30 + ".", "wrong_length"),
        ("…", "wrong_length"),
        ("The order is mis\u202esing.", "unprintable"),
        ("The order is missing.\nAnd more of it.", "unprintable"),
    ],
)
def test_what_nobody_said_is_not(text: str, why: str) -> None:
    assert verdict(text) == why


def test_a_number_must_stand_in_a_message_that_the_sentence_names() -> None:
    assert verdict("The customer is missing order AB-4711.", ("a",)) == "accepted"
    assert verdict("The customer is missing order AB-4711.", ("b",)) == "invented_number"


def test_the_subject_is_held_to_the_same() -> None:
    text = "The customer is missing an order."
    assert verdict(text, subject="Order AB-4711 is missing") == "accepted"
    assert verdict(text, subject="Order 1234 is missing") == "invented_number"
    assert verdict(text, subject="Order of Petra is missing") == "invented_name"
    assert verdict(text, subject="Order " + "is missing " * 8) == "wrong_length"
    assert verdict(text, subject="  ") == "wrong_length"


@pytest.mark.parametrize("ids", [(), ("z",), ("a", "z")])
def test_a_sentence_names_messages_that_exist(ids: tuple[str, ...]) -> None:
    assert verdict("The customer is missing an order.", ids) == "unknown_message"


def test_one_sentence_is_too_few_and_four_are_too_many() -> None:
    for number in (0, 1, 4):
        assert judged(Summary("Missing", (FILL,) * number, "en", "llm")) == "wrong_length"


LANGUAGES = [
    ("de", "Mein Paket 4711 ist seit Montag nicht angekommen, schreibt Anna Müller.",
     "Die Kundin Anna Müller wartet seit Montag auf ihr Paket 4711.",
     "Die Kundin spricht von Petra Schulze und wartet auf ihr Paket 4711."),
    ("pl", "Moja paczka 4711 nie dotarła, Anna z infolinii nie pomogła.",
     "Paczka 4711 klienta nie dotarła, a rozmowa klienta z Anną z infolinii nie pomogła.",
     "Paczka 4711 klienta nie dotarła, a rozmowa klienta z Ewą z infolinii nie pomogła."),
    ("ru", "Моя посылка 4711 не пришла, Анна из поддержки не помогла.",
     "Клиент не получил посылку 4711, разговор с Анной из поддержки не помог.",
     "Клиент не получил посылку 4711, разговор с Ольгой из поддержки не помог."),
    ("ar", "لم يصل الطرد ٤٧١١ من DHL حتى الآن وأنا أنتظر منذ أسبوع كامل",
     "لم يصل الطرد 4711 من DHL إلى العميل وهو ينتظر منذ أسبوع",
     "لم يصل الطرد 4711 من UPS إلى العميل وهو ينتظر منذ أسبوع"),
    ("ja", "注文4711がまだ届きません。DHLで送ったと聞きました。",
     "お客様の注文4711がまだ届いていません、DHLで送られたとのことです",
     "お客様の注文4712がまだ届いていません、DHLで送られたとのことです"),
    ("zh", "我的订单4711还没有到，客服说已经用DHL寄出了。",
     "客户的订单4711还没有收到，客服说已经用DHL寄出",
     "客户的订单4711还没有收到，客服说已经用UPS寄出"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "told", "true", "false"), LANGUAGES)
def test_other_languages_have_their_own_numbers_names_and_endings(
    language: str, told: str, true: str, false: str
) -> None:
    turns = (Turn("a", "customer", told),)
    subject = told[:20].rstrip(" ,.，。")
    for text, end in ((true, "accepted"), (false, "invented")):
        sentences = (Sentence(text, ("a",)), Sentence(true, ("a",)))
        found = judged(Summary(subject, sentences, language, "llm"), turns, language)
        assert found.startswith(end), text
