"""What the agent reads when a conversation arrives."""

import pytest

from hub.summary import Summary, Turn, summarise
from hub.summary.frames import FRAMES
from hub.summary.text import clean
from tests.hub.summary.conversations import TEXTS, conversation, turns

# The first words of each language's sentences, from a dictionary rather than from the frames.
WORD_FOR_CUSTOMER = {
    "en": "customer", "es": "cliente", "fr": "client", "de": "Kunde", "pt": "cliente",
    "it": "cliente", "nl": "klant", "pl": "Klient", "ru": "Клиент", "tr": "Müşteri",
    "ar": "العميل", "hi": "ग्राहक", "zh": "客户", "ja": "お客様", "ko": "고객",
}  # fmt: skip


@pytest.mark.parametrize("language", TEXTS)
def test_the_problem_is_quoted_and_not_the_greeting_or_the_call_for_a_person(language: str) -> None:
    customer, assistant = summarise(conversation(language)).sentences
    assert customer.quotes == (TEXTS[language][2],)
    assert customer.message_ids == ("m3",)
    assert assistant.quotes == (TEXTS[language][3],)
    assert assistant.message_ids == ("m4",)


@pytest.mark.parametrize("language", TEXTS)
def test_the_sentences_are_in_the_customers_language(language: str) -> None:
    summary = summarise(conversation(language))
    assert summary.language == language
    assert WORD_FOR_CUSTOMER[language] in summary.sentences[0].text
    assert all(q in sentence.text for sentence in summary.sentences for q in sentence.quotes)


@pytest.mark.parametrize("language", TEXTS)
def test_the_subject_is_the_problem_in_at_most_eighty_characters(language: str) -> None:
    subject = summarise(conversation(language)).subject
    assert "4711" in subject
    assert len(subject) <= 80
    assert TEXTS[language][2].startswith(subject.rstrip("…"))


@pytest.mark.parametrize("language", TEXTS)
def test_a_mere_call_for_a_person_gets_a_subject_that_says_so(language: str) -> None:
    summary = summarise(conversation(language)[4:], language)
    assert summary.subject == FRAMES[language].subject
    assert summary.sentences[0].quotes == (TEXTS[language][4],)


def test_human_please_is_a_call_for_a_person() -> None:
    summary = summarise(turns(("customer", "human please")))
    assert summary.subject == "Customer asked for a person"
    assert summary.sentences[0].text == "The customer wrote: “human please”"


CALLS = """
    agent|HUMAN!!!|speak to a manager|un humano por favor|conseiller svp|Mitarbeiter bitte|atendente
    |operatore|mens aub|konsultant|позовите человека|insanla görüşmek istiyorum|أريد التحدث مع موظف
    |मुझे इंसान से बात करनी है|我要人工|担当者をお願いします|사람이랑 얘기하고 싶어요
    |jag vill prata med en människa|haluan puhua ihmisen kanssa|chci mluvit s člověkem
    |nói chuyện với nhân viên|อยากคุยกับเจ้าหน้าที่|saya mau bicara dengan orang|אני רוצה לדבר עם נציג
"""


@pytest.mark.parametrize("call", [call.strip() for call in CALLS.split("|")])
def test_a_call_for_a_person_is_known_in_many_languages(call: str) -> None:
    summary = summarise(turns(("customer", call)))
    assert summary.subject in {frame.subject for frame in FRAMES.values()}
    assert summary.sentences[0].quotes == (call,)


def test_a_greeting_before_the_problem_answers_nothing() -> None:
    told = summarise(
        turns(
            ("ai", "Welcome to the shop for lamps, I am the assistant of Northlight in Hamburg."),
            ("customer", "The blue lamp I bought last week does not light."),
            ("ai", "Please check whether the bulb sits firmly in its socket."),
        )
    )
    assert [s.message_ids for s in told.sentences] == [("m2",), ("m3",)]


def test_of_two_sentences_the_one_without_a_swear_word_is_quoted() -> None:
    said = "This damn lamp broke again, shit quality! The blue lamp stopped after two days of use."
    told = summarise(turns(("customer", said)))
    assert told.subject == "The blue lamp stopped after two days of use."


def test_a_long_subject_ends_with_a_clause() -> None:
    said = "The headphones stopped charging after three weeks of use, I paid for them in the shop"
    told = summarise(turns(("customer", said)))
    assert told.subject == "The headphones stopped charging after three weeks of use…"


@pytest.mark.parametrize("language", FRAMES)
def test_every_language_has_a_place_for_the_quote_and_a_short_subject(language: str) -> None:
    frames = FRAMES[language]
    for frame in (frames.customer, frames.ai, frames.agent):
        assert frame.count("{}") == 1
        assert frame.format("x{}") == frame.replace("{}", "x{}")
    assert 0 < len(frames.subject) <= 80
    assert len(set(vars(frames).values())) == 6


def test_a_terse_problem_comes_before_an_earlier_greeting() -> None:
    summary = summarise(
        turns(
            ("customer", "Good morning!"),
            ("ai", "Good morning, which invoice number is it?"),
            ("customer", "Wrong VAT rate printed."),
        )
    )
    assert summary.subject == "Wrong VAT rate printed."


def test_assistant_and_agent_are_told_apart() -> None:
    summary = summarise(
        turns(
            ("customer", "The parcel with the red bicycle never reached my home address."),
            ("ai", "Parcels to your region usually take between three and five working days."),
            ("agent", "The courier lost your bicycle, a replacement leaves the depot on Monday."),
        )
    )
    starts = [sentence.text.split(":")[0] for sentence in summary.sentences]
    assert starts == ["The customer wrote", "The assistant replied", "The agent replied"]


def test_two_quotes_of_one_side_share_a_sentence_that_names_both_messages() -> None:
    summary = summarise(
        turns(
            ("customer", "The parcel with the red bicycle never reached my home address."),
            ("ai", "Parcels to your region usually take between three and five working days."),
            ("customer", "It has been two weeks."),
            ("ai", "Lost shipments are replaced after the courier confirms an investigation."),
        )
    )
    assert summary.sentences[1].message_ids == ("m2", "m4")
    assert len(summary.sentences[1].quotes) == 2


def test_what_the_assistant_says_twice_is_quoted_once() -> None:
    stock = "Refunds are paid to the original card within ten working days after inspection."
    other = "Store vouchers expire twelve months after purchase under clause nine."
    summary = summarise(
        turns(
            ("customer", "My refund for the blue raincoat has not arrived since October."),
            ("ai", stock),
            ("ai", other),
            ("customer", "That does not answer it."),
            ("ai", stock),
        )
    )
    assert sorted(summary.sentences[1].quotes) == sorted([stock, other])


def test_system_messages_are_never_quoted() -> None:
    summary = summarise(
        turns(
            ("system", "Conversation assigned to queue billing by routing rule seventeen."),
            ("customer", "I was charged twice for the November invoice."),
        )
    )
    assert [sentence.message_ids for sentence in summary.sentences] == [("m2",)]


def test_a_long_sentence_is_cut_at_a_word_and_shows_it() -> None:
    words = [f"word{i}" for i in range(60)]
    (sentence,) = summarise(turns(("customer", " ".join(words)))).sentences
    assert sentence.quotes == (" ".join(words[:30]),)
    assert sentence.text.endswith("word29…”")


def test_a_long_unspaced_sentence_is_cut_too() -> None:
    (sentence,) = summarise(
        turns(("customer", "订单没有到货而且没有人回复我的邮件" * 20))
    ).sentences
    assert len(sentence.quotes[0]) == 60


@pytest.mark.parametrize("language", TEXTS)
def test_every_quote_is_verbatim_in_the_message_it_names(language: str) -> None:
    for summary, said in [(summarise(conversation(language)), conversation(language))]:
        assert_verbatim(summary, said)


def test_quotes_stay_verbatim_around_links_mentions_and_signatures() -> None:
    said = turns(
        (
            "customer",
            "@Shop my  order\n#4711 at https://shop.example/o/1?x=1 never came, ask @Bob!",
        ),
        ("agent", "@123 Please track it at www.courier.example/t or reply to us with a code. ^AB"),
    )
    summary = summarise(said)
    assert_verbatim(summary, said)
    text = " ".join(sentence.text for sentence in summary.sentences)
    assert "http" not in text
    assert "www" not in text
    assert "^AB" not in text


def assert_verbatim(summary: Summary, said: list[Turn]) -> None:
    texts = {turn.id: " ".join(turn.text.split()) for turn in said}
    for sentence in summary.sentences:
        assert len(sentence.quotes) >= len(sentence.message_ids)
        for quote in sentence.quotes:
            assert any(quote in texts[i] for i in sentence.message_ids)


def test_a_summary_survives_json() -> None:
    summary = summarise(conversation("de"))
    assert Summary.from_dict(summary.as_dict()) == summary
    assert summary.as_dict()["sentences"][0]["message_ids"] == ["m3"]
    assert summary.as_dict()["method"] == "extractive"


def test_cleaning_keeps_email_addresses_and_names_within_a_sentence() -> None:
    assert clean("@Shop mail me at jo@shop.example or ask @Bob") == (
        "mail me at jo@shop.example or ask @Bob"
    )
