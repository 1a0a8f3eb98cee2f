"""Words of greetings, courtesies and calls for a person: they say nothing about the problem."""

from __future__ import annotations

from functools import cache

from hub.summary.text import tokens

# Whole phrases where a script has no spaces; see `tokens`.
SMALL_TALK = {
    "en": """
        hi hello hey hiya there good morning afternoon evening dear team sir madam thanks thank
        you so much please pls i i'm i'd want wanna would like need can could may to talk speak
        chat with a an the real live actual human person people agent agents representative rep
        advisor operator someone somebody being help me now just get give let connect transfer
        yes no ok okay bye not bot your you're welcome sorry apologies apologise apologize
        inconvenience great nice lovely day weekend anything else know we we're we'll i'll we've
        contact contacting reach reaching out assist assistance happy glad sure understand one
        moment while connecting transferring feel free how today what's name
        didn't understand unfortunately afraid hear
        manager supervisor human's real live customer service support
    """,
    "es": """
        hola buenos buenas días dias tardes noches gracias por favor quiero quisiera necesito
        puedo podría hablar con un una el la agente humano humana persona real alguien operador
        asesor ayuda me ya sí si no vale de verdad lamento lamentamos las molestias
        inconvenientes gusto encantado ayudarle ayudarte momento le te paso comunico transfiero
        que tenga buen día algo más cómo como en qué hoy
        entendí entendido comprendo disculpe perdón pues pásame
        encargado supervisor
    """,
    "fr": """
        bonjour bonsoir salut merci beaucoup s'il vous te plaît plait je j'ai veux voudrais
        besoin peux puis parler à a avec un une le la conseiller conseillère humain personne
        vraie agent opérateur quelqu'un d'aide aide moi oui non ok d'un de désolé désolée
        désolés pour gêne occasionnée excuses ravi aider puis-je instant moment transfère mets
        relation bonne journée autre chose comment aujourd'hui
        pas compris navré navrée malheureusement comprends alors passez
        svp responsable
    """,
    "de": """
        hallo hi guten tag morgen abend moin danke vielen dank bitte ich will möchte würde gerne
        gern brauche kann mit einem einer einen eine dem der menschen mensch mitarbeiter
        mitarbeiterin person echten echter agent berater jemand jemandem sprechen reden hilfe
        mal ja nein ok tut mir leid entschuldigung entschuldigen sie die unannehmlichkeiten
        geschehen helfen ihnen moment verbinde leite weiter schönen noch sonst etwas wie womit
        heute
        das habe leider nicht verstanden verstehe dann
        vorgesetzten
    """,
    "pt": """
        olá ola oi bom boa dia tarde noite obrigado obrigada por favor quero queria gostaria
        preciso posso falar com um uma o a de atendente humano pessoa real alguém alguem agente
        ajuda sim não ok desculpe lamento pelo transtorno inconveniente ajudar ajudá-lo você
        momento vou transferir transferindo tenha ótimo mais alguma coisa como em que hoje
        entendi entendo infelizmente sinto muito então
        gerente
    """,
    "it": """
        ciao salve buongiorno buonasera grazie per favore voglio vorrei posso parlare con un una
        l'operatore operatore persona umano umana vera reale agente qualcuno aiuto ho bisogno di
        sì si no ok mi dispiace scusi ci scusiamo il disagio aiutarla aiutarti momento la metto
        contatto trasferisco buona giornata altro come oggi cosa
        capito purtroppo capisco mi serve
        servizio clienti
    """,
    "nl": """
        hallo hoi goedemorgen goedemiddag goedenavond dag bedankt dank je u wel alsjeblieft
        alstublieft ik wil graag kan met een de mens echt persoon medewerker iemand spreken
        praten hulp ja nee ok sorry excuses voor het ongemak jou helpen moment verbind door
        fijne nog iets anders hoe waarmee vandaag
        dat heb niet begrepen helaas begrijp
        aub mens
    """,
    "pl": """
        cześć czesc dzień dobry dzien witam hej dziękuję dziękuje dzięki proszę prosze chcę chce
        chciałbym chciałabym mogę rozmawiać porozmawiać z człowiekiem konsultantem osobą kimś
        pracownikiem żywym o pomoc połączyć tak nie ok przepraszam przepraszamy za niedogodności
        pomóc w czym chwila chwileczkę łączę przekazuję miłego dnia coś jeszcze jak dzisiaj
        niestety zrozumiałem zrozumiałam rozumiem
        konsultant człowiek
    """,
    "ru": """
        привет здравствуйте добрый день вечер утро спасибо пожалуйста я хочу хотел хотела бы
        можно поговорить с живым человеком оператором оператора оператор человек специалистом
        позовите соедините мне помощь да нет ок извините приносим извинения за неудобства рады
        помочь вам чем могу минуту перевожу соединяю хорошего дня ещё что-то сегодня как
        сожалению понял поняла понимаю
        человека человеку
    """,
    "tr": """
        merhaba selam günaydın iyi günler akşamlar teşekkürler teşekkür ederim lütfen bir gerçek
        insan insanla kişi kişiyle temsilci temsilciyle müşteri temsilcisi temsilcisiyle biriyle
        görüşmek konuşmak istiyorum bağlayın bağla yardım evet hayır tamam üzgünüm özür dileriz
        dilerim rahatsızlıktan dolayı yardımcı olabilirim size nasıl dakika bekleyin aktarıyorum
        başka bugün
        anlayamadım maalesef anlıyorum
    """,
    "ar": """
        مرحبا السلام عليكم وعليكم صباح مساء الخير النور شكرا جزيلا من فضلك لو سمحت أريد اريد أود
        التحدث اتكلم أتكلم مع إلى الى شخص حقيقي موظف إنسان انسان وكيل مساعدة نعم لا كيف يمكنني
        مساعدتك اليوم نعتذر عن الإزعاج آسف لحظة سأحولك
        أفهم فهمت للأسف نأسف
    """,
    "hi": """
        नमस्ते हेलो हैलो धन्यवाद शुक्रिया कृपया मुझे मैं किसी एक इंसान व्यक्ति असली एजेंट से के
        साथ बात करनी करना है चाहता चाहती हूँ हूं मदद चाहिए हाँ नहीं आपकी क्या कर सकता सकती
        सहायता कैसे क्षमा करें
        समझ पाया पाई खेद
        कराओ कराइए करवाइए
    """,
    "zh": """
        你好 您好 谢谢 谢谢你 请 转人工 人工 人工客服 人工服务 客服 我要人工 我要找人工客服
        我想找真人 我想和真人说话 请转人工客服 是的 不是 好的 请问有什么可以帮您 帮助您
        很抱歉给您带来不便 请稍等 正在为您转接 祝您生活愉快
        抱歉 我没有听懂 不太明白您的意思
    """,
    "ja": """
        こんにちは こんばんは おはようございます ありがとうございます お願いします
        人間と話したいです 担当者と話したいです オペレーターにつないでください 人と話したい
        有人対応をお願いします はい いいえ どのようなご用件でしょうか 本日はどうされましたか
        お手伝いできますか 申し訳ございません 少々お待ちください 担当者におつなぎします
        ご不便をおかけしております 理解できませんでした 担当の方につないでいただけますか
        かしこまりました
        担当者をお願いします オペレーターをお願いします
    """,
    "ko": """
        안녕하세요 안녕 감사합니다 고마워요 부탁드립니다 부탁해요 상담원 상담사 사람 사람과
        사람이랑 직원 연결 연결해 주세요 연결해주세요 상담원과 이야기하고 대화하고 통화하고
        싶어요 싶습니다 네 아니요 무엇을 도와드릴까요 어떻게 도와 드릴까요 죄송합니다 불편을
        드려 잠시만 기다려 드리겠습니다
        이해하지 못했습니다 알겠습니다
        사람이랑 얘기하고 이야기하고
    """,
    "sv": """
        hej tack snälla jag vill prata tala med en människa person riktig kundtjänst hjälp
    """,
    "da": """
        hej tak venligst jeg vil gerne tale med et menneske en person kundeservice hjælp
    """,
    "no": """
        hei takk vennligst jeg vil gjerne snakke med et menneske en person kundeservice hjelp
    """,
    "fi": """
        hei moi kiitos haluan puhua ihmisen ihmiselle kanssa asiakaspalvelija asiakaspalvelijan apua
    """,
    "cs": """
        dobrý den ahoj děkuji prosím chci mluvit s člověkem operátorem operátor pomoc
    """,
    "ro": """
        bună ziua salut mulțumesc vă rog vreau să vorbesc cu o persoană un om operator ajutor
    """,
    "el": """
        γεια σας καλημέρα ευχαριστώ παρακαλώ θέλω να μιλήσω με άνθρωπο εκπρόσωπο έναν βοήθεια
    """,
    "hu": """
        szia jó napot köszönöm kérem szeretnék beszélni egy emberrel ügyintézővel segítség
    """,
    "uk": """
        привіт добрий день дякую будь ласка хочу поговорити з людиною оператором оператор
    """,
    "id": """
        halo selamat pagi siang terima kasih tolong saya mau ingin bicara berbicara dengan orang
        manusia agen petugas cs bantuan
    """,
    "vi": """
        xin chào cảm ơn vui lòng tôi muốn nói chuyện gặp với nhân viên người thật tư vấn
    """,
    "th": """
        สวัสดีค่ะ สวัสดีครับ ขอบคุณค่ะ ขอบคุณครับ อยากคุยกับเจ้าหน้าที่ ขอคุยกับเจ้าหน้าที่ ติดต่อเจ้าหน้าที่
        ขอสายเจ้าหน้าที่ อยากคุยกับคน มีอะไรให้ช่วยไหมคะ มีอะไรให้ช่วยไหมครับ
    """,
    "he": """
        שלום היי תודה בבקשה אני רוצה לדבר עם נציג נציגה אנושי בן אדם מישהו עזרה
    """,
    "fa": """
        سلام ممنون لطفا می‌خواهم می خواهم با یک نفر انسان کارشناس اپراتور صحبت کنم کنید
    """,
    "ur": """
        السلام علیکم شکریہ براہ کرم مجھے کسی انسان نمائندے سے بات کرنی ہے
    """,
}
ALL_IDLE_WORDS = frozenset(word for some in SMALL_TALK.values() for word in tokens(some))
# Words that nobody wants to read in a subject line; what holds one is quoted only if it must be.
PROFANITY = frozenset(
    tokens("""
        fuck fucking fucked fuckin fck wtf shit shitty bullshit crap ass asshole bitch bastard damn
        goddamn piss pissed mierda joder puta puto coño gilipollas cabrón merde putain connard
        bordel foutre scheiße scheisse scheiss scheiß arsch arschloch verdammt verarscht verfickt
        merda porra caralho foda fodase cazzo stronzo stronzi coglioni incazzato kut klote godver
        godverdomme kurwa kurwy chuj gówno jebane блять бля сука хуй хуйня говно пиздец нахуй
        siktir amk orospu خرا चूतिया भोसडी 傻逼 クソ くそ 씨발 병신 개새
    """)
)


def is_small_talk(text: str) -> bool:
    """Whether there is nothing but courtesies and a call for a person, in whatever language."""
    return all(word in ALL_IDLE_WORDS for word in tokens(text))


@cache
def idle_words(language: str) -> frozenset[str]:
    """The words of a language and of English, which is met everywhere; else of all."""
    if language not in SMALL_TALK:
        return ALL_IDLE_WORDS
    return frozenset(tokens(SMALL_TALK[language] + SMALL_TALK["en"]))
