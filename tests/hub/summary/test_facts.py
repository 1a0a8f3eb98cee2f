"""Facts are taken word by word, in many languages and formats; rather none than a false one."""

import subprocess
import sys

import pytest

from hub.summary import Fact, Summary, Turn, shown, summarise
from tests.hub.summary import ten
from tests.hub.summary.conversations import turns
from tests.hub.summary.test_robustness import NASTY


def facts(*said: tuple[str, str], locale: str | None = None) -> dict[str, list[str]]:
    """The values of each kind."""
    found: dict[str, list[str]] = {}
    for fact in summarise(turns(*said), locale).facts:
        found.setdefault(fact.kind, []).append(fact.value)
    return found


def heard(text: str, kind: str, locale: str | None = None) -> list[str]:
    return facts(("customer", text), locale=locale).get(kind, [])


REFERENCES = {
    "My order 4711 never came": ["4711"],
    "Order number is 403-1234567-7654321, thanks": ["403-1234567-7654321"],
    "My tracking number: 1Z999AA10123456784 does not work": ["1Z999AA10123456784"],
    "Peruse ticket #83975908 from last week": ["83975908"],
    "the number of my order is 99120, where is it": ["99120"],
    "booking no. Qm9L8g for two people": ["Qm9L8g"],
    "Meine Bestellung Nr. 4711-22 fehlt": ["4711-22"],
    "Die Rechnungsnummer ist RE-2026-118, glaube ich": ["RE-2026-118"],
    "Die Auftragsnummer: 88123 am Montag bestellt": ["88123"],
    "Ma commande n° 55123 n'est pas arrivée, numéro de commande 55123": ["55123"],
    "Mi pedido 88123 no llega, la factura F-2031 tampoco": ["88123", "F-2031"],
    "O número do pedido é 99812 e nada chegou": ["99812"],
    "L'ordine numero 77123 non è ancora arrivato": ["77123"],
    "Mijn bestelling 44512 is nog niet geleverd": ["44512"],
    "Zamówienie nr 55123 nigdy nie dotarło do mnie": ["55123"],
    "Заказ № 55123 до сих пор не пришёл": ["55123"],
    "4711 numaralı siparişim hâlâ gelmedi": ["4711"],
    "طلبي رقم ٤٧١١ لم يصل حتى الآن": ["4711"],
    "मेरा ऑर्डर नंबर 4711 अभी तक नहीं आया": ["4711"],
    "我的订单号：20260503118还没到": ["20260503118"],
    "注文番号は4711です。まだ届きません。": ["4711"],
    "주문번호 4711 제품이 아직 안 왔어요": ["4711"],
    "คำสั่งซื้อ 47110 ยังไม่มาถึง": ["47110"],
}  # fmt: skip


@pytest.mark.parametrize(("text", "found"), REFERENCES.items())
def test_a_number_that_a_word_calls_an_orders_is_a_reference(text: str, found: list[str]) -> None:
    assert heard(text, "reference") == found


AMOUNTS = {
    "I paid $1,299.00 for it": ["1299 $"],
    "You charged me £40.50 twice": ["40.50 GBP"],
    "That was US$ 12 too much": ["12 USD"],
    "Das kostet 1.234,56 € im Monat": ["1234.56 EUR"],
    "Ich habe 49,- € bezahlt und nichts bekommen": ["49 EUR"],
    "On m'a débité 1 234,56 € hier": ["1234.56 EUR"],
    "Das waren CHF 1'234.50 zu viel": ["1234.50 CHF"],
    "Paguei R$ 2.399,00 pelo celular": ["2399 BRL"],
    "Zapłaciłem 1 234,56 zł za ten telefon": ["1234.56 PLN"],
    "Списали 1 234,56 руб. два раза": ["1234.56 RUB"],
    "Kartımdan 1.250,00 TL çekildi": ["1250 TRY"],
    "دفعت ١٬٢٣٤٫٥٦ ريال أمس": ["1234.56 ريال"],
    "मैंने ₹1,20,000 दिए थे": ["120000 INR"],
    "我昨天付了1200元": ["1200 元"],
    "価格は¥1,200でした": ["1200 ¥"],
    "昨日1,200円払いました": ["1200 JPY"],
    "어제 50,000원 결제했습니다": ["50000 KRW"],
    "เสียเงินไป 1,200 บาท แล้ว": ["1200 THB"],
}


@pytest.mark.parametrize(("text", "found"), AMOUNTS.items())
def test_an_amount_is_read_as_its_country_writes_it(text: str, found: list[str]) -> None:
    assert heard(text, "amount") == found


DATES = {
    "It was delivered on 12 May 2026 to a neighbour": ["2026-05-12"],
    "Since October 16th, 2026 nothing works": ["2026-10-16"],
    "I wait since the 3rd of June": ["3rd of June"],
    "on 2026-05-03 you wrote to me": ["2026-05-03"],
    "the flight is on 10/30/2026 in the morning": ["2026-10-30"],
    "I ordered it on 03/04/2026 in your shop": ["03/04/2026"],  # who knows which is the month
    "Am 3. Mai 2026 wurde abgebucht, ich warte": ["2026-05-03"],
    "Das war am 03.04.2026 bei Ihnen im Laden": ["2026-04-03"],
    "Depuis le 1er juin 2026 je n'ai rien reçu": ["2026-06-01"],
    "Lo compré el 3 de mayo de 2026 en la tienda": ["2026-05-03"],
    "Parou em 03/05/2026 e ninguém responde": ["2026-05-03"],
    "Zamówiłem 3 maja 2026 i nic nie przyszło": ["2026-05-03"],
    "Оплатил 3 мая 2026 года и жду ответа": ["2026-05-03"],
    "3 Mayıs 2026 tarihinde sipariş verdim": ["2026-05-03"],
    "دفعت بتاريخ ٣ مايو ٢٠٢٦، ولم يصل": ["2026-05-03"],
    "मैंने 3 मई 2026 को ऑर्डर किया था": ["2026-05-03"],
    "我5月3日下的单还没有到": ["5月3日"],
    "2026年5月3日に届いた商品が壊れています": ["2026-05-03"],
    "2026년 5월 3일에 결제했습니다": ["2026-05-03"],
}


@pytest.mark.parametrize(("text", "found"), DATES.items())
def test_a_date_is_iso_where_its_words_tell_the_year(text: str, found: list[str]) -> None:
    assert heard(text, "date") == found


NOTHING = [
    "I waited 45 minutes, 24/7 they say, order 2 pizzas and pay $5-10 or $5 million",
    "we ordered in order 2019 to get version 11.0.3 at 14:30 on channel 4",
    "my card is 4111 1111 1111 1111 and my account number 4111111111111111",
    "account number DE89 3704 0044 0532 0130 00 is mine",
    "You may 3 times try 1/2 of it, 50% of 100 people, 3.14 and 10.000 steps",
    "5만원 and 3亿 and 2k dollars",
    "write to support@shop.example, @shop or mail me",
    "the 31 of February 2026 and 31.02.2026 and 45.13.2026 are none",
    "call 112 or dial *386# or 198/12345, we are 100 000 people",
    "Gate B12, Platform 9, row A4, the Error E24 and a McDonald is here",
]


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_number_of_an_order_no_price_and_no_date_is_no_fact(text: str) -> None:
    found = facts(("customer", text))
    assert found.keys() <= {"tone", "question"}, found


def test_a_bare_code_is_a_reference_where_one_was_asked_for() -> None:
    asked = ("ai", "Could you give me your order number, please?")
    assert facts(asked, ("customer", "sure, 88123"))["reference"] == ["88123"]
    assert "reference" not in facts(("ai", "Hello!"), ("customer", "sure, 88123"))
    assert "reference" not in facts(asked, ("customer", "88123 or 99120"))
    both = ("ai", "Your order number and your phone number, please?")
    assert "reference" not in facts(both, ("customer", "sure, 88123"))


def test_contacts_are_the_customers_only() -> None:
    found = facts(
        ("ai", "Write to team@shop.example or call +44 20 7946 0958."),
        ("customer", "No. Mail jo.li+shop@mail.example or call me on +49 171 2345678!"),
    )
    assert found["email"] == ["jo.li+shop@mail.example"]
    assert found["phone"] == ["+491712345678"]


def test_a_national_number_is_a_phone_if_the_words_say_so() -> None:
    assert heard("Meine Telefonnummer ist 0171 2345678, danke", "phone") == ["0171 2345678"]
    assert heard("Meine Telefonnummer ist 0171 2345678", "phone", "de-DE") == ["+491712345678"]
    assert heard("Die 0171 2345678 stand auf dem Paket", "phone") == []
    assert heard("电话13800138000，请回电", "phone") == ["13800138000"]


def test_products_are_told_by_how_they_are_written() -> None:
    assert heard("the iPhone 7 Plus and my Galaxy S8 do not pair", "product") == [
        "iPhone 7 Plus", "Galaxy S8",
    ]  # fmt: skip
    assert heard("my PSN is CaptainClare and I fly from Gate B12", "product") == []


TONES = {
    "This is ridiculous, third time I write": ["annoyed"],
    "Das ist eine Frechheit, ich warte seit drei Wochen": ["annoyed"],
    "C'est inadmissible, personne ne me répond": ["annoyed"],
    "Es urgente, lo necesito para mañana": ["urgent"],
    "Acil dönüş yapın, bu bir rezalet": ["annoyed", "urgent"],
    "太差了，三次都不行": ["annoyed"],
    "至急対応してほしいです": ["urgent"],
    "هذا غير مقبول، أين طلبي": ["annoyed"],
    "Could you have a look, please": ["calm"],
    "It's not urgent, whenever you have time": [],
    "Es ist nicht dringend, ich habe Zeit": [],
    "Where is my parcel": [],
    "where is my parcel 😡😡": ["annoyed"],
    "I WANT MY MONEY BACK": ["annoyed"],
}


@pytest.mark.parametrize(("text", "found"), TONES.items())
def test_a_tone_is_named_only_where_words_show_it(text: str, found: list[str]) -> None:
    assert heard(text, "tone") == found


def test_an_agents_tone_is_nobodys_business() -> None:
    assert "tone" not in facts(("customer", "Where is my parcel"), ("agent", "Urgent! Ridiculous!"))


def test_an_offer_is_what_the_other_side_held_out_and_did_not_deny() -> None:
    offered = "You can return the lamp within 30 days for a full refund."
    found = facts(
        ("customer", "You can return my money for the lamp."),
        ("ai", offered),
        ("ai", "You cannot exchange the lamp for another model."),
        ("ai", "You can contact our team by e-mail or phone."),
        ("ai", "What is it that you can see on the display?"),
    )
    assert found["offer"] == [offered]


def test_a_question_is_open_until_something_of_substance_is_said() -> None:
    asked = ("customer", "When does the refund for my lamp arrive?")
    assert facts(asked)["question"] == [asked[1]]
    assert facts(asked, ("ai", "One moment please, I'll connect you."))["question"] == [asked[1]]
    answer = ("ai", "The refund arrives on your bank account within three working days.")
    assert "question" not in facts(asked, answer)
    assert "question" not in facts(("customer", "Can I talk to a human?"))


@pytest.mark.parametrize("language", ten.CONVERSATIONS)
def test_every_fact_is_verbatim_in_the_message_it_names(language: str) -> None:
    said = {turn.id: turn.text for turn in ten.conversation(language)}
    found = summarise(ten.conversation(language)).facts
    assert len(found) >= 4
    for fact in found:
        assert fact.quote in said[fact.message_id]


ENDLESS = ["1" * 9000, "1 " * 9000, "+1 (1" * 900, "#1-" * 3000, "a@" * 5000, "€1" * 5000]


@pytest.mark.parametrize("text", [*NASTY.values(), *ENDLESS, "order " * 2000])
def test_whatever_arrives_facts_are_few_and_rest_on_their_message(text: str) -> None:
    said = turns(("customer", text), ("ai", f"order number? {text}"), ("customer", text))
    found = summarise(said).facts
    assert len(found) < 50
    assert all(fact.quote and len(fact.quote) <= 400 for fact in found)
    assert {fact.message_id for fact in found} <= {"m1", "m2", "m3"}


def test_a_value_that_is_said_twice_is_one_fact_of_its_first_message() -> None:
    found = summarise(
        turns(("customer", "Order 88123 for $29"), ("ai", "Your order 88123: $29.00"))
    )
    figures = [(f.kind, f.value, f.message_id) for f in found.facts if f.kind != "tone"]
    assert figures == [("reference", "88123", "m1"), ("amount", "29 $", "m1")]


def test_facts_survive_json_and_a_summary_of_before_them_is_read() -> None:
    told = summarise(ten.conversation("de"))
    assert told.facts and Summary.from_dict(told.as_dict()) == told
    assert isinstance(told.facts[0], Fact)
    old = told.as_dict()
    del old["facts"]
    assert Summary.from_dict(old).facts == ()


def test_a_persons_lines_name_the_messages_by_number() -> None:
    said = [Turn("a", "customer", "I paid 49,90 € for order 88123."), Turn("b", "ai", "Hello!")]
    assert shown.lines(summarise(said), {"a": 7}) == [
        "Summary (extractive, en)",
        "- The customer wrote: “I paid 49,90 € for order 88123.” [#7]",
        "- The assistant replied: “Hello!”",
        "Facts, in the words of the transcript",
        "- Numbers: 88123 “order 88123” [#7]",
        "- Amounts: 49.90 EUR “49,90 €” [#7]",
    ]


def test_tables_of_phone_numbers_are_loaded_only_for_one() -> None:
    code = (
        "import sys\nfrom hub.summary import Turn, summarise\n"
        "summarise([Turn('a', 'customer', 'Order 88123 cost $1,299.00 on 12 May 2026')])\n"
        "print('phonenumbers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
