"""The words around the quotes, by language."""

from __future__ import annotations

from dataclasses import dataclass

from hub.summary.language import DEFAULT


@dataclass(frozen=True)
class Frames:
    """How one language says who wrote what; `{}` stands for the quoted words."""

    customer: str
    ai: str
    agent: str
    silent: str
    link: str
    subject: str


FRAMES = {
    "en": Frames(
        "The customer wrote: “{}”",
        "The assistant replied: “{}”",
        "The agent replied: “{}”",
        "The customer sent no text.",
        "The customer sent a link without any text.",
        "Customer asked for a person",
    ),
    "es": Frames(
        "El cliente escribió: «{}»",
        "El asistente respondió: «{}»",
        "El agente respondió: «{}»",
        "El cliente no envió texto.",
        "El cliente envió un enlace sin texto.",
        "El cliente pidió hablar con una persona",
    ),
    "fr": Frames(
        "Le client a écrit : « {} »",
        "L’assistant a répondu : « {} »",
        "Le conseiller a répondu : « {} »",
        "Le client n’a envoyé aucun texte.",
        "Le client a envoyé un lien sans aucun texte.",
        "Le client a demandé à parler à une personne",
    ),
    "de": Frames(
        "Der Kunde schrieb: „{}“",
        "Der Assistent antwortete: „{}“",
        "Der Mitarbeiter antwortete: „{}“",
        "Der Kunde hat keinen Text gesendet.",
        "Der Kunde hat einen Link ohne Text gesendet.",
        "Kunde möchte mit einem Menschen sprechen",
    ),
    "pt": Frames(
        "O cliente escreveu: “{}”",
        "O assistente respondeu: “{}”",
        "O atendente respondeu: “{}”",
        "O cliente não enviou texto.",
        "O cliente enviou um link sem texto.",
        "O cliente pediu para falar com uma pessoa",
    ),
    "it": Frames(
        "Il cliente ha scritto: «{}»",
        "L’assistente ha risposto: «{}»",
        "L’operatore ha risposto: «{}»",
        "Il cliente non ha inviato testo.",
        "Il cliente ha inviato un link senza testo.",
        "Il cliente ha chiesto di parlare con una persona",
    ),
    "nl": Frames(
        "De klant schreef: “{}”",
        "De assistent antwoordde: “{}”",
        "De medewerker antwoordde: “{}”",
        "De klant stuurde geen tekst.",
        "De klant stuurde een link zonder tekst.",
        "Klant wil een mens spreken",
    ),
    "pl": Frames(
        "Klient napisał: „{}”",
        "Asystent odpowiedział: „{}”",
        "Konsultant odpowiedział: „{}”",
        "Klient nie wysłał tekstu.",
        "Klient wysłał link bez tekstu.",
        "Klient prosi o rozmowę z człowiekiem",
    ),
    "ru": Frames(
        "Клиент написал: «{}»",
        "Ассистент ответил: «{}»",
        "Оператор ответил: «{}»",
        "Клиент не прислал текста.",
        "Клиент прислал ссылку без текста.",
        "Клиент попросил соединить с человеком",
    ),
    "tr": Frames(
        "Müşteri şöyle yazdı: “{}”",
        "Asistan şöyle yanıtladı: “{}”",
        "Temsilci şöyle yanıtladı: “{}”",
        "Müşteri metin göndermedi.",
        "Müşteri metin yazmadan bir bağlantı gönderdi.",
        "Müşteri bir kişiyle görüşmek istedi",
    ),
    "ar": Frames(
        "كتب العميل: «{}»",
        "ردّ المساعد: «{}»",
        "ردّ الموظف: «{}»",
        "لم يرسل العميل أي نص.",
        "أرسل العميل رابطًا من دون أي نص.",
        "طلب العميل التحدث إلى شخص",
    ),
    "hi": Frames(
        "ग्राहक ने लिखा: “{}”",
        "सहायक ने उत्तर दिया: “{}”",
        "एजेंट ने उत्तर दिया: “{}”",
        "ग्राहक ने कुछ नहीं लिखा।",
        "ग्राहक ने बिना कुछ लिखे एक लिंक भेजा।",
        "ग्राहक किसी व्यक्ति से बात करना चाहता है",
    ),
    "zh": Frames(
        "客户写道：“{}”",
        "助手回复：“{}”",
        "客服回复：“{}”",
        "客户没有发送文字。",
        "客户发送了链接，没有附带文字。",
        "客户要求人工服务",
    ),
    "ja": Frames(
        "お客様の発言：「{}」",
        "アシスタントの返答：「{}」",
        "担当者の返答：「{}」",
        "お客様からの文章はありません。",
        "お客様からリンクが送られましたが、文章はありません。",
        "お客様が担当者との会話を希望しています",
    ),
    "ko": Frames(
        "고객이 작성한 내용: “{}”",
        "어시스턴트의 답변: “{}”",
        "상담원의 답변: “{}”",
        "고객이 보낸 텍스트가 없습니다.",
        "고객이 텍스트 없이 링크를 보냈습니다.",
        "고객이 상담원 연결을 요청했습니다",
    ),
    "uk": Frames(
        "Клієнт написав: «{}»",
        "Асистент відповів: «{}»",
        "Оператор відповів: «{}»",
        "Клієнт не надіслав тексту.",
        "Клієнт надіслав посилання без тексту.",
        "Клієнт попросив з’єднати з людиною",
    ),
    "sv": Frames(
        "Kunden skrev: ”{}”",
        "Assistenten svarade: ”{}”",
        "Medarbetaren svarade: ”{}”",
        "Kunden skickade ingen text.",
        "Kunden skickade en länk utan text.",
        "Kunden vill tala med en människa",
    ),
    "da": Frames(
        "Kunden skrev: ”{}”",
        "Assistenten svarede: ”{}”",
        "Medarbejderen svarede: ”{}”",
        "Kunden sendte ingen tekst.",
        "Kunden sendte et link uden tekst.",
        "Kunden vil tale med et menneske",
    ),
    "no": Frames(
        "Kunden skrev: «{}»",
        "Assistenten svarte: «{}»",
        "Kundebehandleren svarte: «{}»",
        "Kunden sendte ingen tekst.",
        "Kunden sendte en lenke uten tekst.",
        "Kunden vil snakke med et menneske",
    ),
    "fi": Frames(
        "Asiakas kirjoitti: ”{}”",
        "Avustaja vastasi: ”{}”",
        "Asiakaspalvelija vastasi: ”{}”",
        "Asiakas ei lähettänyt tekstiä.",
        "Asiakas lähetti linkin ilman tekstiä.",
        "Asiakas haluaa puhua ihmisen kanssa",
    ),
    "cs": Frames(
        "Zákazník napsal: „{}“",
        "Asistent odpověděl: „{}“",
        "Operátor odpověděl: „{}“",
        "Zákazník neposlal žádný text.",
        "Zákazník poslal odkaz bez textu.",
        "Zákazník chce mluvit s člověkem",
    ),
    "ro": Frames(
        "Clientul a scris: „{}”",
        "Asistentul a răspuns: „{}”",
        "Operatorul a răspuns: „{}”",
        "Clientul nu a trimis niciun text.",
        "Clientul a trimis un link fără text.",
        "Clientul a cerut să vorbească cu o persoană",
    ),
    "el": Frames(
        "Ο πελάτης έγραψε: «{}»",
        "Ο βοηθός απάντησε: «{}»",
        "Ο εκπρόσωπος απάντησε: «{}»",
        "Ο πελάτης δεν έστειλε κείμενο.",
        "Ο πελάτης έστειλε έναν σύνδεσμο χωρίς κείμενο.",
        "Ο πελάτης ζήτησε να μιλήσει με άνθρωπο",
    ),
    "hu": Frames(
        "Az ügyfél ezt írta: „{}”",
        "Az asszisztens válasza: „{}”",
        "Az ügyintéző válasza: „{}”",
        "Az ügyfél nem küldött szöveget.",
        "Az ügyfél szöveg nélkül küldött egy linket.",
        "Az ügyfél emberrel szeretne beszélni",
    ),
    "id": Frames(
        "Pelanggan menulis: “{}”",
        "Asisten menjawab: “{}”",
        "Agen menjawab: “{}”",
        "Pelanggan tidak mengirim teks.",
        "Pelanggan mengirim tautan tanpa teks.",
        "Pelanggan ingin berbicara dengan petugas",
    ),
    "vi": Frames(
        "Khách hàng viết: “{}”",
        "Trợ lý trả lời: “{}”",
        "Nhân viên trả lời: “{}”",
        "Khách hàng không gửi văn bản nào.",
        "Khách hàng gửi một liên kết mà không kèm văn bản.",
        "Khách hàng muốn nói chuyện với nhân viên",
    ),
    "th": Frames(
        "ลูกค้าเขียนว่า “{}”",
        "ผู้ช่วยตอบว่า “{}”",
        "เจ้าหน้าที่ตอบว่า “{}”",
        "ลูกค้าไม่ได้ส่งข้อความ",
        "ลูกค้าส่งลิงก์มาโดยไม่มีข้อความ",
        "ลูกค้าขอคุยกับเจ้าหน้าที่",
    ),
    "he": Frames(
        "הלקוח כתב: „{}”",
        "העוזר השיב: „{}”",
        "הנציג השיב: „{}”",
        "הלקוח לא שלח טקסט.",
        "הלקוח שלח קישור ללא טקסט.",
        "הלקוח ביקש לדבר עם נציג",
    ),
    "fa": Frames(
        "مشتری نوشت: «{}»",
        "دستیار پاسخ داد: «{}»",
        "کارشناس پاسخ داد: «{}»",
        "مشتری متنی نفرستاد.",
        "مشتری لینکی بدون متن فرستاد.",
        "مشتری می‌خواهد با یک نفر صحبت کند",
    ),
}


def frames(language: str) -> Frames:
    """The frames of a language, or the English ones."""
    return FRAMES.get(language, FRAMES[DEFAULT])
