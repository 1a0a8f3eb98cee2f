"""Numbers of orders, invoices, parcels, tickets, bookings: tokens that a word beside them"
" names."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from hub.summary.facts.found import AFTER, BEFORE, Found, digits

# What has a number, as stems; their endings are up to the language.
NOUN = (
    r"(?<![^\W\d_])(?:orders?|invoices?|bills?|ticket|case|booking|reservation|confirmation"
    r"|tracking"
    r"|reference|ref|parcel|package|shipment|delivery|contract|policy|claim|serial|transaction"
    r"|receipt|flight|customer|account|membership|subscription|purchase|payment|return|rma|pnr"
    r"|pedido|factura|reserva|env[íi]o|referencia|caso|contrato|recibo|seguimiento|cliente|vuelo"
    r"|commande|facture|r[ée]servation|colis|r[ée]f[ée]rence|dossier|contrat|suivi|vol|client"
    r"|bestell\w*|auftrag\w*|rechnung\w*|sendung\w*|paket\w*|buchung\w*|vorgang\w*|vertrag\w*"
    r"|kunden\w*|referenz\w*|flug|lieferung\w*|beleg\w*|bestelnr"
    r"|encomenda|fatura|refer[êe]ncia|protocolo|rastreio|rastreamento|nota fiscal|voo"
    r"|ordine|fattura|prenotazione|pratica|spedizione|riferimento|contratto|pacco|volo"
    r"|bestelling|factuur|zending|boeking|pakket|kenmerk|klant\w*|order\w*|vlucht"
    r"|zam[óo]wieni\w*|faktur\w*|rezerwacj\w*|przesy[łl]k\w*|paczk\w*|zg[łl]oszeni\w*|umow\w*"
    r"|заказ\w*|счет\w*|счёт\w*|накладн\w*|бронировани\w*|посылк\w*|договор\w*|обращени\w*|трек"
    r"|замовленн\w*|рахун\w*|посилк\w*|sipari[şs]\w*|fatura\w*|kargo\w*|rezervasyon\w*|takip"
    r"|طلب\w*|الطلب\w*|طلبي\w*|طلبية\w*|فاتورة|الفاتورة|شحنة|الشحنة|حجز|الحجز|تذكرة"
    r"|ऑर्डर|आर्डर|इनवॉइस|बिल|बुकिंग|शिकायत|टिकट|ट्रैकिंग"
    r"|beställning\w*|ordre\w*|order\w*|bestilling\w*|tilau\w*|objednávk\w*|comand\w*|παραγγελί\w*"
    r"|rendelés\w*|pesanan|đơn hàng|ה?הזמנה|סדר|سفارش|آرڈر)"
    r"|订单|訂單|发票|快递单|运单|单号|注文|請求書?|伝票|予約|問い?合わせ|追跡|お客様"
    r"|주문|송장|예약|운송장|접수|คำสั่งซื้อ|ออเดอร์|ใบแจ้งหนี้|พัสดุ"
)
WORD = (
    r"(?<![^\W\d_])(?:number|num|no|nr|nbr|id|code|n[º°o]|nummer|n[úu]mero|num[ée]ro|numero|numer"
    r"|номер|номером|№|رقم|برقم|رقمها|رقمه|numaras[ıi]|numaram|nomor|mã|số|מספר|شماره|numero"
    r"|čísl\w*|αριθμό\w*|szám)|नंबर|नम्बर|संख्या|क्रमांक|号码|號碼|编号|号|號|番号|번호|หมายเลข"
    r"|เลขที่"
)
IS = (
    r"(?:is|was|are|es|est|ist|lautet|è|é|jest|to|to jest|это|هو|هي|है|är|er|on)(?= )|是|为|は|은"
    r"|는"
)
LINK = r"(?:de|del|du|da|do|di|d['’]|la|le|el|l['’]|van|of|for|my|the|mi|ma|mon|meu|mio|mijn|su)"
SIGNS = rf"(?: |:|#|-|=|\(|,|：|“|\"|{IS}){{0,5}}"
NAMED = re.compile(
    rf"(?:(?:{NOUN})['’]?s?(?: (?:שלי|من|μου|saya|của tôi))?[ \u00a0_-]{{0,2}}(?:{WORD})\.?{SIGNS}"
    rf"|(?:{WORD})\.?(?: ?{LINK} ?){{0,3}} ?(?:{NOUN}){SIGNS}"
    rf"|(?:{NOUN})['’]?s?[ \u00a0]?(?:#|№|：|: ?#?|n[º°]|\()[ \u00a0]?"
    r"|(?<![a-zäöüß])(?!tel|handy|mobil|haus|konto|zimmer|fax)[a-zäöüß]{3,24}(?:nummer|nr\.?)"
    r"[ \u00a0:]{0,2}(?:(?:ist|lautet|is|är|er) )?)$"
)
BESIDE = re.compile(rf"(?:{NOUN})[ \u00a0]?(?:#|-|: ?)?$")
ENDED = re.compile(
    r"[ \u00a0]?(?:numaral[ıi]|no['’]?lu|nolu)[ \u00a0](?:sipari|fatura|kargo|rezerv)\w*"
)
# A hash alone names a number, too; of few digits it is a place in a list, or Naira.
HASHED = re.compile(r"(?<![\w#&/])#$")
WIDER = re.compile(r"[A-Za-z0-9]+(?:[-_/][A-Za-z0-9]+)*")
GROUPS = re.compile(r"(?:[ \u00a0]\d{3,})+(?![\w.,]\d|\w)")
# What makes the digits something else: units, times, money, a share, a list.
MEASURED = re.compile(
    r"[ \u00a0]?(?:[%€$£¥₹°]|(?:uhr|h|hrs?|hours?|min\w*|days?|weeks?|months?|years?|times|x"
    r"|digits?|items?|units?|people|eur|usd|euros?|dollars?|km|kg|gb|mb|points|miles)(?![^\W\d_]))"
    r"|[:.,]\d"
)
LEFT = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/")
LONGEST = 40
MONEY = frozenset("@.,$€£+")
ASKED = re.compile(
    rf"(?:{NOUN})['’]?s?[ \u00a0_-]{{0,2}}(?:{WORD})|[a-zäöüß]{{3,24}}nummer"
    rf"|(?:{WORD})\.?(?: ?{LINK} ?){{0,3}} ?(?:{NOUN})"
)
# Asked for these, too, one number could be either.
ASKED_MORE = re.compile(
    r"\d|phone|post\s?code|zip|postal|plz|\bcep\b|telefon|téléphone|телефон|电话|電話|전화"
)


def references(page: str, low: str, numbers: Sequence[re.Match[str]]) -> Iterator[Found]:
    """Each number or code that is called an order's, an invoice's, a parcel's, ...

    `low` is the page in lower case.
    """
    last = 0
    for start, end in _codes(page, low, numbers):
        found = _named(page, low, start, end) if start >= last else None
        if found:
            last = found.end
            yield found


def answers(
    page: str, low: str, numbers: Sequence[re.Match[str]], turns: Iterable[tuple[int, int, int]]
) -> Iterator[Found]:
    """The only code in an answer, where one was asked for.

    Each of `turns` is where the asking, the answer and what follows begin.
    """
    starts = [number.start() for number in numbers]
    for asking, begin, end in turns:
        some = numbers[bisect_left(starts, begin) : bisect_left(starts, end)]
        codes = [code for code in _codes(page, low, some) if _stands_alone(page[slice(*code)])]
        if len(codes) != 1 or page[codes[0][0] - 1] in MONEY:
            continue
        asked = low[asking:begin]
        if ASKED.search(asked) and not ASKED_MORE.search(asked):
            yield Found("reference", digits(page[slice(*codes[0])]), *codes[0])


def _codes(page: str, low: str, numbers: Iterable[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """Where what could be a reference starts and ends: 403-1234567, INV-2026/118, X7F9K2."""
    last = 0
    for number in numbers:
        start, end = number.start(), number.end()
        if start < last:
            continue
        while start > last and page[start - 1] in LEFT and end - start < LONGEST:
            start -= 1
        while page[start] in "-_/":
            start += 1
        wide = WIDER.match(page, start, start + 2 * LONGEST)
        last = end = wide.end() if wide else number.start() + len(number[0].split()[0])
        if is_code(page[start:end]) and not MEASURED.match(low, end, end + 10):
            yield start, end


def is_code(text: str) -> bool:
    """Whether these signs can be a reference: enough digits, and no card's number."""
    plain = digits(text)
    bare = re.sub(r"[ \u00a0-]", "", plain)
    count = sum(map(str.isdigit, plain))
    if count < (3 if bare.isdigit() else 2) or len(plain) > LONGEST or "." in text or "," in text:
        return False
    if re.match(r"\d+[a-z]{3,}$", text):  # 20digits
        return False
    return not (13 <= count <= 19 and bare.isdigit() and luhn(bare))


def luhn(text: str) -> bool:
    """Whether the digits have a payment card's check digit."""
    row = [int(c) for c in reversed(text)]
    return sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(row)) % 10 == 0


def _named(page: str, low: str, start: int, end: int) -> Found | None:
    before = low[max(0, start - BEFORE) : start]
    if before[-1:] in MONEY:
        return None
    groups = GROUPS.match(page, end)
    if groups and not page[start:end].isdigit():  # the start of an IBAN
        return None
    named = NAMED.search(before)
    ended = None if named else ENDED.match(low, end, end + AFTER)
    if named and groups:
        end = groups.end()
    text = page[start:end]
    if named or ended:
        first, last = start - len(named[0]) if named else start, ended.end() if ended else end
        return Found("reference", digits(text), first, last) if is_code(text) else None
    beside = BESIDE.search(before) or (HASHED.search(before) if end - start >= 5 else None)
    if beside is None or not _stands_alone(text):
        return None
    return Found("reference", digits(text), start - len(beside[0]), end)


def _stands_alone(text: str) -> bool:
    """Whether a code says by itself that it is one: no year, no small number, no word."""
    plain = digits(text)
    if plain.isdigit():
        return len(plain) >= 4 and not (len(plain) == 4 and plain[:2] in ("19", "20"))
    return sum(map(str.isdigit, plain)) >= 4 or (text.upper() == text and len(text) >= 5)
