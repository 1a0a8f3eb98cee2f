"""What the playground's bot says: a few topics in a few languages, and who asks for a human."""

import re
from dataclasses import dataclass

from hub.summary.language import base, detect


@dataclass(frozen=True, kw_only=True)
class Words:
    """One language: what the bot says, and the words by which it knows what is meant."""

    hello: str
    human: str  # words that ask for a person, as a pattern
    topics: tuple[tuple[str, str], ...]  # (words, answer)
    otherwise: str
    handoff: str
    resumed: str  # with {brief}
    resumed_without: str


SCRIPT = {
    "en": Words(
        hello="Hello! I am a bot. Ask me about a parcel or a refund, or ask for a human.",
        human=r"\b(humans?|(real|some) ?(person|one|body)|a person|an? agent|operator)\b",
        topics=(
            (r"parcel|order|deliver|package|arriv", "Your parcel left our warehouse on Monday."
             " I cannot see where it is now."),
            (r"refund|money|charge|invoice|pa(id|y)", "I can see the charge, but I may not give"
             " money back."),
        ),
        otherwise="I am not sure that I can help with this. Shall I get a human?",
        handoff="I am getting a colleague. One moment, please.",
        resumed="I am back. My colleague tells me: “{brief}” Is there anything else?",
        resumed_without="I am back. Is there anything else that I can do?",
    ),
    "de": Words(
        hello="Hallo! Ich bin ein Bot. Fragen Sie nach einem Paket, einer Erstattung oder einem"
        " Menschen.",
        human=r"\b(mensch(en)?|mitarbeiter(in)?|echte person|jemanden?|kolleg(e|en|in))\b",
        topics=(
            (r"paket|bestell|liefer|sendung", "Ihr Paket hat unser Lager am Montag verlassen. Wo"
             " es jetzt ist, sehe ich nicht."),
            (r"erstatt|geld|rechnung|abgebucht|bezahl", "Ich sehe die Abbuchung, darf aber kein"
             " Geld zurückgeben."),
        ),
        otherwise="Da bin ich mir nicht sicher. Soll ich einen Menschen holen?",
        handoff="Ich hole eine Kollegin oder einen Kollegen. Einen Moment, bitte.",
        resumed="Da bin ich wieder. Mir wurde gesagt: „{brief}“ Kann ich noch etwas tun?",
        resumed_without="Da bin ich wieder. Kann ich noch etwas für Sie tun?",
    ),
    "fr": Words(
        hello="Bonjour ! Je suis un robot. Parlez-moi d'un colis, d'un remboursement, ou demandez"
        " un conseiller.",
        human=r"\b(humain|conseill(er|ère)|quelqu'un|une personne|un agent)\b",
        topics=(
            (r"colis|commande|livr", "Votre colis a quitté notre entrepôt lundi. Je ne vois pas"
             " où il se trouve maintenant."),
            (r"rembours|argent|facture|pay[ée]|débit", "Je vois le paiement, mais je ne peux pas"
             " rembourser."),
        ),
        otherwise="Je ne suis pas sûr de pouvoir vous aider. Voulez-vous parler à un conseiller ?",
        handoff="Je vais chercher un conseiller. Un instant, s'il vous plaît.",
        resumed="Me revoilà. On me dit : « {brief} » Puis-je faire autre chose ?",
        resumed_without="Me revoilà. Puis-je faire autre chose pour vous ?",
    ),
    "es": Words(
        hello="¡Hola! Soy un bot. Pregúnteme por un paquete o un reembolso, o pida una persona.",
        human=r"\b(human[oa]|persona|agente|alguien|operador(a)?)\b",
        topics=(
            (r"paquete|pedido|env[ií]o|entreg", "Su paquete salió de nuestro almacén el lunes. No"
             " veo dónde está ahora."),
            (r"reembols|dinero|cobr|factura|pag[oué]", "Veo el cargo, pero no puedo devolver"
             " dinero."),
        ),
        otherwise="No estoy seguro de poder ayudarle. ¿Quiere hablar con una persona?",
        handoff="Voy a buscar a un compañero. Un momento, por favor.",
        resumed="Ya estoy de vuelta. Me dicen: «{brief}» ¿Algo más?",
        resumed_without="Ya estoy de vuelta. ¿Puedo hacer algo más?",
    ),
    "it": Words(
        hello="Buongiorno! Sono un bot. Mi chieda di un pacco, di un rimborso o di una persona.",
        human=r"\b(uman[oa]|persona|operatore|operatrice|qualcuno)\b",
        topics=(
            (r"pacco|ordine|spedizion|consegn", "Il suo pacco è partito lunedì. Non vedo dove sia"
             " adesso."),
            (r"rimbors|soldi|fattura|addebit|pagat", "Vedo l'addebito, ma non posso rimborsare."),
        ),
        otherwise="Non sono sicuro di poterla aiutare. Vuole parlare con una persona?",
        handoff="Chiamo un collega. Un momento, per favore.",
        resumed="Eccomi di nuovo. Mi dicono: «{brief}» Serve altro?",
        resumed_without="Eccomi di nuovo. Serve altro?",
    ),
    "pt": Words(
        hello="Olá! Sou um robô. Pergunte sobre uma encomenda ou um reembolso, ou peça uma pessoa.",
        human=r"\b(human[oa]|pessoa|atendente|algu[eé]m|operador(a)?)\b",
        topics=(
            (r"encomenda|pedido|entreg|pacote", "A sua encomenda saiu do armazém na segunda-feira."
             " Não vejo onde está agora."),
            (r"reembols|dinheiro|cobr|fatura|pag(o|uei)", "Vejo a cobrança, mas não posso devolver"
             " dinheiro."),
        ),
        otherwise="Não sei se posso ajudar com isso. Quer falar com uma pessoa?",
        handoff="Vou chamar um colega. Um momento, por favor.",
        resumed="Voltei. Dizem-me: “{brief}” Posso ajudar em mais alguma coisa?",
        resumed_without="Voltei. Posso ajudar em mais alguma coisa?",
    ),
    "ja": Words(
        hello="こんにちは。ボットです。荷物や返金についてお尋ねください。担当者にもおつなぎします。",
        human=r"人間|担当|オペレーター|スタッフ|人と",
        topics=(
            (r"荷物|注文|配送|届", "お荷物は月曜日に倉庫を出ました。現在の場所はわかりません。"),
            (r"返金|請求|お金|支払", "ご請求は確認できますが、返金の権限がございません。"),
        ),
        otherwise="お力になれるか分かりません。担当者におつなぎしましょうか。",
        handoff="担当者におつなぎします。少々お待ちください。",
        resumed="ボットに戻りました。担当者より：「{brief}」ほかにございますか。",
        resumed_without="ボットに戻りました。ほかにございますか。",
    ),
    "ar": Words(
        hello="مرحبًا! أنا روبوت. اسألني عن طرد أو عن استرداد مبلغ، أو اطلب موظفًا.",
        human=r"موظف|إنسان|انسان|شخص|بشري",
        topics=(
            (r"طرد|طلبي|شحن|توصيل", "غادر طردك المستودع يوم الاثنين. لا أرى أين هو الآن."),
            (r"استرداد|مال|فاتورة|دفع", "أرى المبلغ المخصوم، لكن لا يحق لي إعادته."),
        ),
        otherwise="لست متأكدًا من أنني أستطيع المساعدة. هل أستدعي موظفًا؟",
        handoff="سأستدعي زميلًا. لحظة من فضلك.",
        resumed="لقد عدت. يقول لي زميلي: «{brief}» هل من شيء آخر؟",
        resumed_without="لقد عدت. هل من شيء آخر؟",
    ),
}  # fmt: skip
HANDOFF = {language: words.handoff for language, words in SCRIPT.items()} | {
    "default": SCRIPT["en"].handoff
}


def words(language: str | None) -> Words:
    """The script in a language; in English where the bot does not know it."""
    return SCRIPT.get(base(language) or "", SCRIPT["en"])


def asks_for_human(text: str) -> bool:
    """True when the customer wants a person, in any of the languages."""
    return any(re.search(one.human, text, re.IGNORECASE) for one in SCRIPT.values())


def answer(texts: list[str]) -> str:
    """What the bot says to the last of a customer's `texts`, in their language."""
    spoken = words(detect(texts))
    for pattern, told in spoken.topics:
        if re.search(pattern, texts[-1], re.IGNORECASE):
            return told
    return spoken.otherwise


def go_on(texts: list[str], brief: str | None) -> str:
    """What the bot says once the conversation is its own again."""
    spoken = words(detect(texts))
    return spoken.resumed.format(brief=brief) if brief else spoken.resumed_without
