"""The summary's language is the customer's, in a few words of chat."""

import threading

import pytest

from hub.summary import language
from hub.summary.language import detect
from tests.hub.summary.conversations import TEXTS

OTHERS = {
    "sv": "Min beställning har inte kommit fram och jag vill prata med en människa",
    "da": "Jeg har ikke modtaget min pakke endnu, og hvorfor blev beløbet trukket to gange?",
    "fi": "Tilaukseni ei ole vielä saapunut ja haluan puhua ihmisen kanssa",
    "cs": "Moje objednávka ještě nedorazila, chci mluvit s člověkem",
    "uk": "Моє замовлення ще не прийшло, хочу поговорити з людиною",
    "ro": "Comanda mea nu a ajuns încă și vreau să vorbesc cu o persoană",
    "el": "Η παραγγελία μου δεν έχει φτάσει ακόμα",
    "hu": "A rendelésem még nem érkezett meg",
    "vi": "Đơn hàng của tôi chưa đến",
    "th": "คำสั่งซื้อของฉันยังไม่มาถึง",
    "he": "ההזמנה שלי עדיין לא הגיעה",
    "fa": "سفارش من هنوز نرسیده است",
}


@pytest.mark.parametrize(("code", "lines"), TEXTS.items())
def test_a_common_language_is_recognised_in_one_message(code: str, lines: tuple[str, ...]) -> None:
    assert detect([lines[2]]) == code


@pytest.mark.parametrize(("code", "text"), OTHERS.items())
def test_another_language_is_not_taken_for_a_common_one(code: str, text: str) -> None:
    assert detect([text]) == code


def test_a_very_short_text_follows_the_channels_locale() -> None:
    assert detect(["ok"], "pt-BR") == "pt"
    assert detect(["refund"], "de_AT") == "de"
    assert detect([], "nb") == "no"


def test_a_longer_text_overrules_the_channels_locale() -> None:
    assert detect(["Mi pedido no ha llegado y nadie contesta"], "en-US") == "es"


def test_a_short_text_in_another_script_overrules_the_channels_locale() -> None:
    assert detect(["где мой заказ"], "en-US") == "ru"
    assert detect(["你好"], "de") == "zh"


def test_latin_names_do_not_hide_the_language_around_them() -> None:
    assert detect(["我的 Harry Potter and the Chamber of Secrets 没到"]) == "zh"


@pytest.mark.parametrize("hint", [None, "", "x", "not a locale", "12", "_"])
def test_without_text_or_locale_it_is_english(hint: str | None) -> None:
    assert detect(["", "😀 12345"], hint) == "en"


def test_the_model_is_loaded_once_for_all_threads() -> None:
    language._load.cache_clear()
    threads = [threading.Thread(target=detect, args=(["Where is my order?"],)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert language._load.cache_info().misses == 1
