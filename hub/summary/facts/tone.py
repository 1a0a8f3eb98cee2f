"""How the customer sounds, and the words that show it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from hub.summary.facts.found import Found

ANNOYED = {
    "en": "unacceptable|ridiculous|outrageous|disgusting|disgraceful|disgrace|appalling|pathetic"
    "|furious|fed up|sick of|tired of waiting|frustrating|frustrated|so angry|very angry"
    "|really angry|annoyed|annoying|infuriating|livid|worst (?:customer )?(?:service|company"
    "|experience|support)|terrible (?:customer )?(?:service|experience|support)"
    "|horrible (?:customer )?(?:service|experience|support)|awful (?:customer )?(?:service"
    "|experience|support)|shocking service|poor (?:customer )?service|useless"
    "|waste of (?:my )?time"
    "|rip[- ]?off|scam|a joke|disappointed|disappointing|unprofessional|incompetent|had enough"
    "|not good enough|beyond a joke|shame on you|wtf|fuck\\w*|bullshit|pissed|crap",
    "es": "inaceptable|vergüenza|vergonzoso|indignante|indignad[oa]|hart[oa] de|estoy hart[oa]"
    "|enfadad[oa]|enojad[oa]|molest[oa] con|pésim[oa]|decepcionad[oa]|es una estafa|ridículo"
    "|una burla|ineptos|mierda|furios[oa]",
    "fr": "inacceptable|inadmissible|scandaleux|honteux|une honte|ras[- ]le[- ]bol|marre"
    "|en colère|furieu(?:x|se)|énervée?|agacée?|déçue?|une arnaque|lamentable|n[’']importe quoi"
    "|incompétents?|merde|se moquer? de moi|foutez",
    "de": "inakzeptabel|unverschämt\\w*|eine frechheit|unmöglich(?:er service)?!|skandal\\w*|sauer"
    "|wütend|stinksauer|verärgert|genervt|enttäuscht|eine zumutung|lächerlich|schlechter service"
    "|mieser service|katastrophaler? service|verarscht?|abzocke|reicht es mir|es reicht|scheiße"
    "|scheiss\\w*|ärgerlich|unfassbar",
    "pt": "inaceitável|absurdo|uma vergonha|ridículo|indignad[oa]|irritad[oa]"
    "|cansad[oa] de esperar"
    "|fart[oa] de|péssim[oa]|decepcionad[oa]|desapontad[oa]|palhaçada|descaso|uma piada"
    "|revoltad[oa]"
    "|merda|porra|com raiva",
    "it": "inaccettabile|vergognos[oa]|una vergogna|ridicol[oa]|stuf[oa]|arrabbiat[oa]|furios[oa]"
    "|indignat[oa]|delus[oa]|pessim[oa]|scandalos[oa]|una presa in giro|truffa|incompetenti|merda"
    "|assurdo|incazzat[oa]",
    "nl": "onacceptabel|schandalig|belachelijk|waardeloos|waardeloze|woedend|boos|geïrriteerd"
    "|gefrustreerd|teleurgesteld|zat van|ben het zat|slechte service|oplichting|onbeschoft|kut"
    "|klote\\w*"
    "|een aanfluiting",
    "pl": "niedopuszczalne|skandal\\w*|żenad\\w*|żenujące|śmieszne|kpina|wściekł[ya]|zł[ya] jestem"
    "|jestem zł[ya]|zdenerwowan[ya]|zirytowan[ya]|rozczarowan[ya]|mam dość|oszustwo|oszuści"
    "|kurwa|beznadziejn\\w*|karygodne",
    "ru": "безобразие|возмутительно|возмущ[её]н\\w*|неприемлемо|недопустимо|издевательство|надоело"
    "|разочарован\\w*|ужасный сервис|отвратительн\\w*|обман|мошенники|достали|зла?|злюсь|бесит"
    "|сколько можно|кошмар|позор|хамство",
    "tr": "kabul edilemez|rezalet|saçmalık|saçma|bıktım|yeter artık|sinirliyim|çok kızgınım"
    "|kızgınım"
    "|öfkeliyim|hayal kırıklığı\\w*|berbat|skandal|dolandır\\w*|utanç verici|mağdur\\w*|ayıp",
    "ar": "غير مقبول|غير معقول|مهزلة|فضيحة|سيئة جدا|سيء جدا|أسوأ خدمة|اسوأ خدمة|غاضب|غاضبة|مستاء"
    "|مستاءة|محبط|زهقت|طفح الكيل|خيبة أمل|نصب|احتيال|عيب عليكم",
    "hi": "अस्वीकार्य|बकवास|बेकार|शर्मनाक|गुस्सा|नाराज़|नाराज|परेशान हो गया|परेशान हो गई|तंग आ"
    "|निराश|धोखा|धोखाधड़ी|घटिया|वाहियात",
    "zh": "不能接受|无法接受|太过分|过分了|气死|生气|愤怒|垃圾|太差|差劲|受够了|忍无可忍|骗子|骗人"
    "|失望|烦死"
    "|什么态度|离谱|坑人|投诉你们",
    "ja": "ふざけ|ひどい|酷い|最悪|いい加減|許せ|怒って|腹が立|不愉快|がっかり|詐欺|うんざり"
    "|あり得ない|ありえない"
    "|納得でき|話にならない|不満です",
    "ko": "화가 나|화나|화났|짜증|어이없|어이가 없|최악|말도 안|실망|사기|너무하|황당|열받|불쾌"
    "|답답",
}
# Not "immediately" or "at once": that is as often what happened as what is asked for.
URGENT = {
    "en": "urgent|urgently|asap|a\\.s\\.a\\.p|as soon as possible|time[- ]sensitive"
    "|running out of time",
    "es": "urgente|urgentemente|me urge|cuanto antes|lo antes posible",
    "fr": "urgente?|urgence|au plus vite|dès que possible|le plus vite possible",
    "de": "dringend\\w*|eilig|eilt|so schnell wie möglich|schnellstmöglich|unverzüglich",
    "pt": "urgente|urgência|o quanto antes|o mais rápido possível",
    "it": "urgente|urgentemente|urgenza|al più presto|il prima possibile",
    "nl": "dringend|spoed|zo snel mogelijk",
    "pl": "pilne|pilnie|jak najszybciej|niezwłocznie",
    "ru": "срочно|срочный|как можно скорее|как можно быстрее",
    "tr": "acil|acilen|en kısa sürede|bir an önce",
    "ar": "عاجل|عاجلا|عاجلة|مستعجل|مستعجلة|في أسرع وقت|بأسرع وقت",
    "hi": "तत्काल|जल्द से जल्द|अर्जेंट",
    "zh": "紧急|很急|急用|尽快|加急",
    "ja": "至急|緊急|大至急|早急",
    "ko": "급합니다|급해요|긴급|시급|최대한 빠르게",
}
CALM = {
    "en": "please|thank you|thanks|kindly|appreciate",
    "es": "por favor|gracias", "fr": "s['’]il vous pla[iî]t|merci|svp", "de": "bitte|danke\\w*",
    "pt": "por favor|obrigad[oa]", "it": "per favore|per cortesia|grazie",
    "nl": "alstublieft|alsjeblieft|bedankt|dank", "pl": "proszę|dziękuję|dzięki",
    "ru": "пожалуйста|спасибо|благодар\\w*", "tr": "lütfen|teşekkür\\w*",
    "ar": "من فضلك|لو سمحت|شكرا", "hi": "कृपया|धन्यवाद|शुक्रिया",
    "zh": "请问|请帮|请您|谢谢|麻烦您|麻烦你",
    "ja": "お願い|ありがとう|すみません", "ko": "부탁|감사|고맙",
}  # fmt: skip
# No spaces between words, or endings and prefixes: their words are found within others.
JOINED = ("zh", "ja", "ko", "hi", "ar")
PART_OF_WORD = re.compile(r"[\w#@]$")
# "not urgent", "nicht dringend", "no rush".
DENIED = re.compile(
    r"(?:\b(?:not|no|isn['’]?t|wasn['’]?t|don['’]?t|never|nicht|kein\w*|nie|niet|geen|pas|non|não"
    r"|без|не|нет|değil|sin)\b[^.!?\n]{0,12}|(?<!\w)(?:لا|ليس|غير) |不|没有?)$"
)
DENIED_AFTER = re.compile(
    r"[^.!?\n]{0,3}(?:değil|नहीं|じゃない|ではない|しくない|しなく|지 않|아니)"
)
ANGRY = re.compile(r"[😠😡🤬😤👿🖕]+")
SHOUTED = re.compile(r"[A-Z]{3,}(?:['’,!?]* +[A-Z]{2,}['’,!?]*){2,}")
DEFAULT = "en"


def tones(page: str, low: str, language: str) -> Iterator[Found]:
    """What the customer's words show: annoyed, urgent or both; calm where they are only polite.

    `low` is the page in lower case.
    """
    annoyed = _shown(ANNOYED, low, language)
    annoyed = annoyed or [m.span() for m in ANGRY.finditer(page)]
    annoyed = annoyed or [m.span() for m in SHOUTED.finditer(page)]
    urgent = _shown(URGENT, low, language)
    # The last of them: that is how they sound when a person takes over.
    if annoyed:
        yield Found("tone", "annoyed", *annoyed[-1])
    if urgent:
        yield Found("tone", "urgent", *urgent[-1])
    if not annoyed and not urgent and (polite := _shown(CALM, low, language)):
        yield Found("tone", "calm", *polite[-1])


def _shown(table: dict[str, str], low: str, language: str) -> list[tuple[int, int]]:
    """Where the words of a language stand that nobody denied."""
    words = _words(table.get(language, table[DEFAULT]), language in JOINED)
    return [m.span() for m in words.finditer(low) if not _denied(low, m, language in JOINED)]


def _denied(low: str, words: re.Match[str], joined: bool) -> bool:
    before = low[max(0, words.start() - 24) : words.start()]
    if not joined and PART_OF_WORD.search(before):
        return True
    return bool(DENIED.search(before) or DENIED_AFTER.match(low, words.end(), words.end() + 12))


@cache
def _words(words: str, joined: bool) -> re.Pattern[str]:
    return re.compile(words if joined else rf"(?:{words})(?!\w)")
