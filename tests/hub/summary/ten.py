"""Ten conversations in ten languages, invented, as customers write; docs/summaries.md has them."""

from hub.summary import Turn

C, A = "customer", "ai"

CONVERSATIONS = {
    "en": (
        (C, "hi there"),
        (A, "Hello! I am the assistant of Northlight Audio. How can I help you today?"),
        (C, "my headphones Northlight NL-700 stopped charging after three weeks, I paid £189.99"
            " and I need them for work"),
        (A, "I'm sorry to hear that. Could you tell me your order number?"),
        (C, "NL-2026-55121"),
        (A, "Thank you. You can return the headphones within 30 days for a full refund, or we can"
            " send you a replacement free of charge."),
        (C, "I already sent them back on 12 May 2026 and nobody confirmed it. This is the third"
            " time I write, honestly it's ridiculous"),
        (A, "I'm sorry, I didn't understand that."),
        (C, "Can you tell me where my refund is? Call me on +44 20 7946 0958 please"),
    ),
    "es": (
        (C, "Buenas tardes"),
        (A, "¡Buenas tardes! ¿En qué puedo ayudarle?"),
        (C, "El pedido 88123 llegó con la pantalla rota y me cobraron 1.249,90 € el 3 de mayo de"
            " 2026."),
        (A, "Lamento las molestias. Puede devolver el artículo en un plazo de 30 días desde su"
            " cuenta."),
        (C, "No quiero devolverlo, quiero que me manden otro. Es urgente porque lo necesito para"
            " trabajar."),
        (A, "Le paso con una persona de nuestro equipo."),
        (C, "¿Cuánto va a tardar el cambio?"),
    ),
    "fr": (
        (C, "Bonjour, ma commande n° 55123 n'est jamais arrivée alors qu'elle est marquée comme"
            " livrée depuis le 2 juin 2026."),
        (A, "Bonjour ! Je suis désolé pour ce désagrément. Vous pouvez demander une enquête auprès"
            " du transporteur depuis votre espace client."),
        (C, "Je l'ai déjà fait il y a une semaine et personne ne me répond, c'est inadmissible !"),
        (A, "Nous pouvons vous rembourser les 64,50 € ou vous renvoyer le colis."),
        (C, "Remboursez-moi. Vous pouvez m'écrire à claire.moreau@courriel.example"),
    ),
    "de": (
        (C, "Hallo"),
        (A, "Guten Tag, wie kann ich Ihnen helfen?"),
        (C, "Mir wurde die Rechnung RE-2026-118 zweimal abgebucht, jeweils 1.234,56 €. Das war am"
            " 03.05.2026."),
        (A, "Sie können eine doppelte Abbuchung innerhalb von acht Wochen bei Ihrer Bank"
            " zurückgeben."),
        (C, "Das will ich nicht, dann kommen wieder Mahngebühren. Bitte überweisen Sie einen"
            " Betrag zurück."),
        (A, "Das habe ich leider nicht verstanden."),
        (C, "Ich möchte mit einem Menschen sprechen. Meine Telefonnummer ist 0171 2345678."),
    ),
    "pt": (
        (C, "oi, boa tarde"),
        (A, "Olá! Como posso ajudar?"),
        (C, "comprei um celular por R$ 2.399,00 e o rastreio parou em 10/04/2026, o número do"
            " pedido é 7781234"),
        (A, "Entendi. O prazo de entrega é de até 15 dias úteis. Você pode acompanhar o envio no"
            " site da transportadora."),
        (C, "já passaram 30 dias! isso é um absurdo, quero meu dinheiro de volta"),
        (A, "Podemos reembolsar o valor pago em até 7 dias."),
        (C, "então faça isso, por favor"),
    ),
    "it": (
        (C, "Salve, ho un problema."),
        (A, "Buongiorno! Mi dica pure."),
        (C, "Ho ordinato una lavatrice il 14 aprile 2026, ordine numero 77123, e la consegna è"
            " stata rinviata due volte senza avvisarmi."),
        (A, "Mi dispiace per il disagio. Può scegliere una nuova data di consegna nella sua area"
            " personale."),
        (C, "Nell'area personale non c'è nessuna data disponibile. Quando arriva?"),
    ),
    "tr": (
        (C, "Merhaba"),
        (A, "Merhaba, size nasıl yardımcı olabilirim?"),
        (C, "4711 numaralı siparişim hâlâ gelmedi ama kartımdan 1.250,00 TL çekildi. Kargo"
            " firması paketin kaybolduğunu söylüyor."),
        (A, "Üzgünüz. Siparişinizi iptal edip ücret iadesi talep edebilirsiniz."),
        (C, "İade değil ürünü istiyorum, bu hafta sonu lazım. Acil dönüş yapın lütfen."),
    ),
    "ar": (
        (C, "السلام عليكم"),
        (A, "وعليكم السلام، كيف يمكنني مساعدتك؟"),
        (C, "وصل طلبي رقم ٤٧١١ ناقصا قطعتين، ودفعت ١٬٢٥٠٫٥٠ ريال بتاريخ ٣ مايو ٢٠٢٦."),
        (A, "نعتذر عن ذلك. يمكنك إرجاع الطلب كاملا خلال 14 يوما واسترداد المبلغ."),
        (C, "لا أريد إرجاعه، أريد القطعتين الناقصتين. متى تصلان؟"),
    ),
    "zh": (
        (C, "你好"),
        (A, "您好，请问有什么可以帮您？"),
        (C, "我5月3日买的扫地机器人一直连不上无线网络，订单号20260503118，花了1899元。"),
        (A, "您可以长按电源键十秒恢复出厂设置，然后重新配网。"),
        (C, "已经试了三次都不行，太差了。能不能换一台新的？"),
        (A, "正在为您转接人工客服，请稍等。"),
    ),
    "ja": (
        (C, "こんにちは"),
        (A, "こんにちは。ご用件をお聞かせください。"),
        (C, "注文番号は4711です。2026年5月3日に届いた炊飯器の電源が入りません。12,800円でした。"),
        (A, "ご不便をおかけしております。商品到着後30日以内であれば、無料で交換できます。"),
        (C, "交換ではなく返金をお願いします。いつ返金されますか？"),
    ),
}  # fmt: skip


def conversation(language: str) -> list[Turn]:
    """The turns `m1`, `m2`, ... of a language."""
    said = enumerate(CONVERSATIONS[language], 1)
    return [Turn(f"m{number}", role, text) for number, (role, text) in said]  # type: ignore[arg-type]
