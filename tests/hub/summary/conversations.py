"""One conversation a language: greeting, question, problem, useless answer, call for a person.

Written for these tests. `m3` holds the problem; `m5` says nothing but that a person is wanted.
"""

from hub.summary import Turn

ROLES = ("customer", "ai", "customer", "ai", "customer")

TEXTS = {
    "en": (
        "Hello!",
        "Hi, how can I help you today?",
        "My order 4711 arrived with a broken screen and nobody answers my e-mails.",
        "You can return damaged goods within 30 days with the label in your account.",
        "I want to talk to a human please",
    ),
    "es": (
        "¡Hola!",
        "Hola, ¿en qué puedo ayudarle?",
        "Mi pedido 4711 llegó con la pantalla rota y nadie contesta mis correos.",
        "Puede devolver los artículos dañados en 30 días con la etiqueta de su cuenta.",
        "Quiero hablar con una persona, por favor",
    ),
    "fr": (
        "Bonjour !",
        "Bonjour, comment puis-je vous aider ?",
        "Ma commande 4711 est arrivée avec un écran cassé et personne ne répond à mes courriels.",
        "Les articles endommagés se retournent sous 30 jours avec l'étiquette de votre compte.",
        "Je veux parler à un conseiller s'il vous plaît",
    ),
    "de": (
        "Hallo!",
        "Guten Tag, wie kann ich Ihnen helfen?",
        "Meine Bestellung 4711 kam mit kaputtem Display an und niemand beantwortet meine Mails.",
        "Beschädigte Ware senden Sie binnen 30 Tagen mit dem Etikett aus Ihrem Konto zurück.",
        "Ich möchte bitte mit einem Menschen sprechen",
    ),
    "pt": (
        "Olá!",
        "Olá, como posso ajudar?",
        "Meu pedido 4711 chegou com a tela quebrada e ninguém responde aos meus e-mails.",
        "Você pode devolver produtos danificados em 30 dias com a etiqueta da sua conta.",
        "Quero falar com um atendente, por favor",
    ),
    "it": (
        "Ciao!",
        "Buongiorno, come posso aiutarla?",
        "Il mio ordine 4711 è arrivato con lo schermo rotto e nessuno risponde alle mie mail.",
        "La merce danneggiata si restituisce entro 30 giorni con l'etichetta del suo account.",
        "Vorrei parlare con un operatore per favore",
    ),
    "nl": (
        "Hallo!",
        "Goedendag, waarmee kan ik u helpen?",
        "Mijn bestelling 4711 kwam aan met een kapot scherm en niemand beantwoordt mijn mails.",
        "Beschadigde artikelen stuurt u binnen 30 dagen terug met het etiket uit uw account.",
        "Ik wil graag een medewerker spreken",
    ),
    "pl": (
        "Dzień dobry!",
        "Dzień dobry, w czym mogę pomóc?",
        "Moje zamówienie 4711 przyszło z pękniętym ekranem i nikt nie odpowiada na moje maile.",
        "Uszkodzony towar można zwrócić w ciągu 30 dni z etykietą ze swojego konta.",
        "Chcę porozmawiać z człowiekiem, proszę",
    ),
    "ru": (
        "Здравствуйте!",
        "Добрый день, чем могу помочь?",
        "Мой заказ 4711 пришёл с разбитым экраном, и никто не отвечает на мои письма.",
        "Повреждённый товар можно вернуть за 30 дней с этикеткой из личного кабинета.",
        "Хочу поговорить с оператором, пожалуйста",
    ),
    "tr": (
        "Merhaba!",
        "Merhaba, size nasıl yardımcı olabilirim?",
        "4711 numaralı siparişim kırık ekranla geldi ve kimse e-postalarıma cevap vermiyor.",
        "Hasarlı ürünleri 30 gün içinde hesabınızdaki etiketle iade edebilirsiniz.",
        "Lütfen bir insanla konuşmak istiyorum",
    ),
    "ar": (
        "مرحبا!",
        "مرحبا، كيف يمكنني مساعدتك؟",
        "وصل طلبي رقم 4711 بشاشة مكسورة ولا أحد يرد على رسائلي الإلكترونية.",
        "يمكنك إرجاع البضائع التالفة خلال 30 يوما باستخدام الملصق الموجود في حسابك.",
        "أريد التحدث مع موظف من فضلك",
    ),
    "hi": (
        "नमस्ते!",
        "नमस्ते, मैं आपकी क्या मदद कर सकता हूँ?",
        "मेरा ऑर्डर 4711 टूटी हुई स्क्रीन के साथ आया और कोई मेरे ईमेल का जवाब नहीं देता।",
        "आप 30 दिनों के भीतर अपने खाते के लेबल से खराब सामान वापस कर सकते हैं।",
        "मुझे किसी इंसान से बात करनी है",
    ),
    "zh": (
        "你好！",
        "您好，请问有什么可以帮您？",
        "我的订单4711收到时屏幕是碎的，发了好几封邮件都没有人回复。",
        "损坏的商品可以在30天内使用账户中的标签退货。",
        "转人工客服",
    ),
    "ja": (
        "こんにちは！",
        "こんにちは、どのようなご用件でしょうか？",
        "注文番号4711の商品は画面が割れた状態で届き、メールを送っても誰も返事をくれません。",
        "破損した商品は、アカウントのラベルを使って30日以内に返品できます。",
        "オペレーターにつないでください",
    ),
    "ko": (
        "안녕하세요!",
        "안녕하세요, 무엇을 도와드릴까요?",
        "주문번호 4711 제품이 화면이 깨진 채로 도착했고 아무도 제 메일에 답하지 않습니다.",
        "파손된 상품은 계정의 라벨을 사용하여 30일 이내에 반품할 수 있습니다.",
        "상담원 연결해 주세요",
    ),
}


def conversation(language: str) -> list[Turn]:
    """The five turns `m1` to `m5` of a language."""
    return turns(*zip(ROLES, TEXTS[language], strict=True))


def turns(*said: tuple[str, str]) -> list[Turn]:
    """Turns `m1`, `m2`, ... of (role, text)."""
    return [Turn(f"m{i}", role, text) for i, (role, text) in enumerate(said, start=1)]  # type: ignore[arg-type]
