"""What a language model is not told."""

import pytest

from hub.summary.redact import Redaction

HIDDEN = [
    ("en", "Card 4111 1111 1111 1111 12/26 fails.", "Card [CARD_1] 12/26 fails."),
    ("en", "4111-1111-1111-1111", "[CARD_1]"),
    ("en", "378282246310005, Amex", "[CARD_1], Amex"),
    ("ar", "بطاقتي ٤١١١١١١١١١١١١١١١", "بطاقتي [CARD_1]"),
    ("en", "Order 12 4111111111111111", "Order 12 [CARD_1]"),
    ("en", "3 May 2026 4111 1111 1111 1111 12/26", "3 May 2026 [CARD_1] 12/26"),
    ("en", "order 4711 3782 822463 10005", "order 4711 [CARD_1]"),
    ("en", "4111111111111111 5500005555555559", "[CARD_1] [CARD_2]"),
    ("en", "4111-1111-1111-1111-5500-0055-5555-5559", "[CARD_1]-[CARD_2]"),
    ("en", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 123", "[CARD_1] 123"),
    ("en", "41111111 11111111 55000055 55555559", "[CARD_1] [CARD_2]"),
    ("en", "4111 1111  1111 1111", "[CARD_1]"),
    ("en", "in 2026\n4111\n1111\r\n1111\n1111\n12/26", "in 2026\n[CARD_1]\n12/26"),
    ("en", "4111/1111/1111/1111", "[CARD_1]"),
    ("en", "4111,1111, 1111 , 1111", "[CARD_1]"),
    ("en", "3782/822463/10005", "[CARD_1]"),
    ("de", "IBAN DE89 3704 0044 0532 0130 00 bitte", "IBAN [IBAN_1] bitte"),
    ("en", "DE89370400440532013000 GB82 WEST 1234 5698 7654 32", "[IBAN_1] [IBAN_2]"),
    ("en", "ab12 DE89 3704 0044 0532 0130 00", "ab12 [IBAN_1]"),
    ("en", "GB82WEST12345698765432.", "[IBAN_1]."),
    ("en", "write to zoe.g+1@mail.example.co.uk, please", "write to [EMAIL_1], please"),
    ("de", "Tel. 030 901820 oder +49 170 1234567", "Tel. [PHONE_2] oder [PHONE_1]"),
    ("en", "call (212) 555-1234", "call [PHONE_1]"),
    ("en", "my number is 2125551234", "my number is [PHONE_1]"),
    ("en", "password: sunshine", "password: [SECRET_1]"),
    ("en", "My password is Hunter2!", "My password is [SECRET_1]!"),
    ("en", "my password is sunshine", "my password is [SECRET_1]"),
    ("de", "mein Passwort lautet geheim1", "mein Passwort lautet [SECRET_1]"),
    ("es", "la contraseña es gato99", "la contraseña es [SECRET_1]"),
    ("zh", "密码是abc123我登录不了", "密码是[SECRET_1]我登录不了"),
    ("en", "PIN 1234", "PIN [SECRET_1]"),
    ("en", "cvv: 123", "cvv: [SECRET_1]"),
    ("en", "my cvv number is 123", "my cvv number is [SECRET_1]"),
    ("es", "el pin número 4321", "el pin número [SECRET_1]"),
    ("en", "key sk-abcdefghijklmnop1234", "key [SECRET_1]"),
    ("en", "AKIAIOSFODNN7EXAMPLE", "[SECRET_1]"),
    ("en", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "[SECRET_1]"),
    ("en", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_def-1", "[SECRET_1]"),
    ("en", "Authorization: Bearer abcdefghijkl.mnop", "Authorization: [SECRET_1]"),
    ("en", "https://ada:pw@host.example/x", "https://[SECRET_1]@host.example/x"),
    ("en", "?token=a8b7c6", "?token=[SECRET_1]"),
    ("en", "Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1u", "[SECRET_1]"),
]
KEPT = [
    ("en", "Order 4711, reference AB-99812, tracking 1Z999AA10123456784."),
    ("en", "order number is 2125550134"),
    ("en", "Order #2125550134 and invoice 2125550199"),
    ("de", "Bestellnummer 030901820"),
    ("en", "my password is not working, the password reset link neither"),
    ("en", "The token expired. It is a secret to me."),
    ("en", "550e8400-e29b-41d4-a716-446655440000"),
    ("en", "It cost 1,249.99 EUR on 2026-11-22 at 10:15."),
    ("en", "4111 1111 1111 1112 is no card"),
    # Each has a row of 13 to 19 digits with a card's check digit:
    ("en", "Order 20260503118230"),
    ("en", "Orders 10023456 30023457 30023455"),
    ("en", "Orders 4711, 4712, 4713, 4716, 4720"),
    ("en", "4711\n4712\n4713\n4716\n4720"),
    (
        "zh",
        "我在2026年11月20日下了订单4711但是一直没有收到货物请帮我查一下现在在哪里谢谢你们的帮助",
    ),
]


@pytest.mark.parametrize(("language", "text", "hidden"), HIDDEN)
def test_what_nobody_else_may_read_is_hidden(language: str, text: str, hidden: str) -> None:
    assert Redaction(language).hide(text) == hidden


@pytest.mark.parametrize(("language", "text"), KEPT)
def test_order_numbers_and_all_else_are_kept(language: str, text: str) -> None:
    assert Redaction(language).hide(text) == text


def test_the_same_value_has_the_same_name_over_the_transcript() -> None:
    redaction = Redaction("en")
    assert redaction.hide("a@x.example, b@x.example") == "[EMAIL_1], [EMAIL_2]"
    assert redaction.hide("again b@x.example") == "again [EMAIL_2]"


def test_contacts_come_back_and_secrets_do_not() -> None:
    redaction = Redaction("en")
    redaction.hide("a@x.example, +1 212 555 1234, PIN 1234, 4111111111111111")
    told = "[EMAIL_1] [PHONE_1] [SECRET_1] [CARD_1] [EMAIL_7]"
    kept = "a@x.example +1 212 555 1234 [secret] [card number] [EMAIL_7]"
    assert redaction.restore(told) == kept


def test_a_placeholder_that_the_customer_wrote_stands_for_nothing() -> None:
    redaction = Redaction("en")
    assert redaction.hide("[EMAIL_1] a@x.example") == "(EMAIL) [EMAIL_1]"


@pytest.mark.parametrize(
    "piece", ["a", "1", "4 ", "a.", "@", "eyJ", "password ", "DE89 ", "-", "[", "://a:"]
)
def test_any_text_ends(piece: str) -> None:
    redaction = Redaction("en")
    assert redaction.restore(redaction.hide(piece * 20_000)) is not None
