"""What the other side held out already, and what the customer still wants to know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from hub.summary.passages import Passage

# How one side says what the other can have or do; by language.
OFFERS = {
    "en": r"(?<!if )(?<!what )(?<!thing )(?<!how )(?<!that )(?<!so )(?<!where )(?<!when )(?:you"
    r" (?:can"
    r"|could|may) (?:also |still |now |always |then |even )?+(?!DM|contact|reach|call|let|tell"
    r"|find"
    r"|be|have|follow|email|e-mail|message|chat|send|give|see|speak|talk|write|drop|provide|need"
    r"|want"
    r"|keep|share|state|reply|consider|notice|imagine|understand|expect|get in)\w+"
    r"|(?:i|we)(?: can|['’]ll| will| could)(?: also| then| gladly| happily)? (?:offer|refund"
    r"|replace"
    r"|send you (?!a DM)|issue|credit|cancel|exchange|reimburse|resend|upgrade|rebook|arrange"
    r"|waive"
    r"|extend|book|reset|ship|deliver|give you|process))|would you like (?:me|us) to",
    "es": r"(?:usted )?(?:puede|puedes|podría) (?!contactar|llamar|escribir|decir|hablar|enviar"
    r"|ver)\w+r"
    r"|(?:le|te) (?:ofrecemos|ofrezco|enviamos|envío|reembolsamos|enviaremos|reembolsaremos"
    r"|devolvemos|devolveremos)|(?:podemos|puedo) (?:ofrecer|enviar|reembols|cambi|cancel"
    r"|devolv)\w*",
    "fr": r"vous pouvez (?!nous |contacter|appeler|me )\w+|(?:nous pouvons|je peux|nous pourrions)"
    r" (?:vous )?(?:proposer|rembourser|envoyer|échanger|annuler|offrir|renvoyer)|nous vous"
    r" (?:proposons|remboursons|rembourserons|enverrons|offrons)|je vous propose",
    "de": r"(?:können|könnten) sie (?!uns|mir)|sie (?:können|könnten) (?!uns|mir|sich an|mit)"
    r"|(?:senden|schicken|tauschen) sie|(?:wir|ich) (?:können|kann|könnte|könnten) ihnen"
    r"|(?:wir|ich) (?:erstatte|ersetze|schicke|biete|storniere|sende|tausche)n?",
    "pt": r"(?:você|o senhor|a senhora) pode (?!entrar|ligar|nos |falar|me )\w+"
    r"|(?:podemos|posso) (?:oferecer|enviar|reembols|trocar|cancelar|devolver)\w*"
    r"|(?:vamos|iremos) (?:reembols|enviar|trocar|devolver)\w*",
    "it": r"(?:può|puoi|potrebbe) (?!contatt|chiam|scriv|dir|parl)\w+r[el]|(?:possiamo|posso)"
    r" (?:offrir|invi|rimbors|sostitu|annull|cambi)\w*|le (?:offriamo|inviamo|rimborsiamo"
    r"|rimborseremo)",
    "nl": r"(?:kunt u|kun je|u kunt|je kunt|stuurt u|stuur je) (?!ons|mij|contact|bellen)"
    r"|(?:we|wij|ik) (?:kunnen|kan|zullen|zal) (?:u|je) ",
    "pl": r"(?:może pan|może pani|można|możesz) (?!się z|zadzwonić|napisać|skontaktować)"
    r"|(?:możemy|mogę) (?:zaoferować|zwrócić|wymienić|wysłać|anulować|zaproponować)|oferujemy",
    "ru": r"вы можете (?!написать|позвонить|связаться|обратиться)|можно (?:вернуть|обменять"
    r"|оформить"
    r"|отменить)|(?:мы )?(?:можем|могу) (?:предложить|вернуть|заменить|отправить|оформить"
    r"|отменить)"
    r"|предлагаем",
    "tr": r"\w+(?:ebilirsiniz|abilirsiniz|ebilirsin|abilirsin|ebiliriz|abiliriz)",
    "ar": r"يمكنك(?! التواصل| الاتصال)|يمكنكم(?! التواصل| الاتصال)|يمكننا|نستطيع|بإمكانك|سنقوم"
    r"|نعرض عليك",
    "hi": r"आप .{1,80}सकते|आप .{1,80}सकती|हम .{1,80}सकते|हम .{1,80}करेंगे",
    "zh": r"(?:您|你)可以|可以(?:为您|帮您|给您|在)|我们(?:可以|会|将)(?:为您|给您)?(?:退|换|补|赔"
    r"|重新|安排|提供)",
    "ja": r"できます(?!か)|いただけます(?!か)|可能です(?!か)|お送りします|返金いたします"
    r"|交換いたします"
    r"|お送りいたします|ご用意します|(?:お試し|ご利用)ください",
    "ko": r"(?:하실|받으실|이용하실|할|반품할|교환할|변경할|취소할|확인할|신청할) 수 있습니다"
    r"|드릴 수 있습니다|가능합니다"
    r"|해 드리겠습니다|환불해|보내 드리",
}
DENIED = {
    "en": r"cannot|can not|afraid|unable|unfortunately|not|\w+n['’]t|no",
    "es": r"no|lamentablemente|tampoco|sin embargo",
    "fr": r"ne|n['’]\w+|pas|malheureusement|impossible",
    "de": r"nicht|kein\w*|leider|bedauerlicherweise",
    "pt": r"não|infelizmente|nem",
    "it": r"non|purtroppo",
    "nl": r"niet|geen|helaas",
    "pl": r"nie|niestety",
    "ru": r"не|нельзя|сожалению",
    "tr": r"değil\w*|maalesef|\w+[ae]m[ae]zsınız|\w+[ae]m[ae]yiz",
    "ar": r"لا|ليس|لن|للأسف|لم",
    "hi": r"नहीं|मत|खेद",
    "zh": r"不能|无法|不可以|没有办法|抱歉",
    "ja": r"できません|ございません|いたしかね|ません",
    "ko": r"수 없|않습니다|불가|못",
}
QUESTION = re.compile(
    r"[?？؟;][\"'»”’)\]」』”’）!]*$|(?:か|の)[。!！]?$|(?:吗|呢)[。!！]?$|(?:ไหม|มั้ย|หรือเปล่า"
    r"|หรือยัง)(?:ครับ|คะ|ค่ะ)?$"
)
MOST_OFFERS = 2
SUBSTANCE = 4  # words that are no small talk: fewer answer nothing
ASKED = 2


def offers(passages: Sequence[Passage], language: str) -> Iterator[Passage]:
    """The sentences in which the assistant or an agent says what the customer can have or do."""
    if language not in OFFERS:
        return
    held_out, denied = _words("offers", language), _words("denied", language)
    seen: set[str] = set()
    for passage in passages:
        if passage.by_customer or passage.content < SUBSTANCE or len(passage.text) > 400:
            continue
        said = held_out.search(passage.text)
        if said is None or passage.text in seen or denied.search(passage.text):
            continue
        if QUESTION.search(passage.text) and not said[0].lower().startswith("would you like"):
            continue
        seen.add(passage.text)
        yield passage


def open_question(passages: Sequence[Passage]) -> Passage | None:
    """The customer's last question, if nothing of substance was said to it."""
    for passage in reversed(passages):
        if not passage.by_customer:
            if passage.content >= SUBSTANCE and not QUESTION.search(passage.text):
                return None
        elif passage.content >= ASKED and QUESTION.search(passage.text):
            return passage
    return None


@cache
def _words(table: str, language: str) -> re.Pattern[str]:
    """The words of a language and English ones, by themselves where the script parts words."""
    words = {"offers": OFFERS, "denied": DENIED}[table]
    if language in ("zh", "ja", "ko", "hi"):
        return re.compile(words[language])
    both = "|".join(dict.fromkeys((words[language], words["en"])))
    return re.compile(rf"(?<!\w)(?:{both})" + (r"(?!\w)" if table == "denied" else ""), re.I)
