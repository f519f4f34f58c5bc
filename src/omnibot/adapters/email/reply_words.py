"""The words by which mail programs mark a quoted mail, in the languages of their users. Data for `reply`."""

import re

# "wrote" as it stands in "On Monday, Ana wrote:".
WROTE = (
    "wrote", "writes", "sent", "schrieb", "a écrit", "a ecrit", "écrit", "escribió", "escribio", "ha escrit",
    "va escriure", "escreveu", "ha scritto", "scrive", "schreef", "geschreven", "skrev", "kirjoitti", "skrifaði",
    "napisał", "napisała", r"napisał\(a\)", "napisana", "napsal", "napsala", r"napsal\(a\)", "napísal",
    r"napísal\(a\)", "píše", "írta", "a scris", "написал", "написала", r"написал\(а\)", "пишет", "писал",
    r"писал\(а\)", "написав", r"написав\(ла\)", "пише", "написа", "έγραψε", "yazdı", "şunu yazdı", "je napisao",
    "je napisal", "rašė", "rakstīja", "kirjutas", "đã viết", "menulis", "เขียน", "כתב", "כתבה", "كتب", "كتب/كتبت",
    "نوشت", "写道", "寫道", "写到", "書きました", "のメッセージ", "작성", "님이 작성",
)  # fmt: skip

# How such a line begins, where it does not begin with the date or the name.
OPENERS = (
    "on", "at", "am", "le", "el", "il", "op", "den", "em", "no dia", "w dniu", "dnia", "dne", "vào", "στις", "la",
    "în data de", "på", "kl", "a", "pada", "de", "tarihinde", "mnt", "from", "wiadomość", "ma", "ti", "ke", "to",
    "pe", "la data de", "em seg", "в", "вы", "em ter", "ב", "في", "در", "在", "于", "於", "quoting", "citando",
    "zitat von", "el dia", "dia",
)  # fmt: skip

# The line above a whole mail that was quoted or passed on.
SEPARATORS = (
    "original message", "original-message", "original mail", "original email", "forwarded message", "forwarded by",
    "reply message", "replied message", "begin forwarded message", "start of forwarded message",
    "end of forwarded message", "ursprüngliche nachricht", "originalnachricht", "original-nachricht",
    "original nachricht", "weitergeleitete nachricht", "anfang der weitergeleiteten nachricht",
    "ursprungliche nachricht", "message d'origine", "message d’origine", "message original", "message transféré",
    "message initial", "début du message réexpédié", "message du", "mensaje original", "mensaje reenviado",
    "inicio del mensaje reenviado", "missatge original", "mensagem original", "mensagem encaminhada",
    "mensagem de origem", "messaggio originale", "messaggio inoltrato", "inizio messaggio inoltrato",
    "oorspronkelijk bericht", "origineel bericht", "doorgestuurd bericht", "oprindelig meddelelse",
    "oprindelig besked", "original meddelelse", "videresendt besked", "opprinnelig melding", "videresendt melding",
    "ursprungligt meddelande", "originalmeddelande", "vidarebefordrat meddelande", "alkuperäinen viesti",
    "välitetty viesti", "wiadomość oryginalna", "oryginalna wiadomość", "treść przekazanej wiadomości",
    "původní zpráva", "přeposlaná zpráva", "pôvodná správa", "eredeti üzenet", "továbbított üzenet",
    "mesaj original", "mesajul original", "исходное сообщение", "пересылаемое сообщение", "пересланное сообщение",
    "оригинальное сообщение", "вихідне повідомлення", "оригинално съобщение", "αρχικό μήνυμα", "προωθημένο μήνυμα",
    "orijinal mesaj", "özgün ileti", "i̇letilen mesaj", "thư gốc", "tin nhắn gốc", "pesan asli", "pesan terusan",
    "ข้อความต้นฉบับ", "הודעה מקורית", "הודעה שהועברה", "الرسالة الأصلية", "رسالة محولة", "原始邮件", "原始郵件",
    "转发的邮件", "轉寄的郵件", "原邮件", "回复的原邮件", "转发邮件信息", "回复邮件", "元のメッセージ",
    "元のメール", "転送されたメッセージ", "원본 메시지", "원본 메일", "전달된 메시지",
)  # fmt: skip

# Of those, the ones that stand above what was passed on, never above what is answered.
FORWARDS = (
    "forwarded message", "forwarded by", "start of forwarded message", "begin forwarded message", "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht", "message transféré", "début du message réexpédié", "mensaje reenviado",
    "inicio del mensaje reenviado", "mensagem encaminhada", "messaggio inoltrato", "inizio messaggio inoltrato",
    "doorgestuurd bericht", "videresendt besked", "videresendt melding", "vidarebefordrat meddelande", "välitetty viesti",
    "treść przekazanej wiadomości", "přeposlaná zpráva", "továbbított üzenet", "пересылаемое сообщение", "пересланное сообщение",
    "προωθημένο μήνυμα", "i̇letilen mesaj", "pesan terusan", "הודעה שהועברה", "رسالة محولة", "转发的邮件", "轉寄的郵件",
    "转发邮件信息", "转发的消息", "轉寄的訊息", "転送されたメッセージ", "전달된 메시지",
)  # fmt: skip

# The same as Apple's programs write it: a line of its own that ends in a colon.
APPLE_FORWARDS = (
    "begin forwarded message", "anfang der weitergeleiteten nachricht", "début du message réexpédié",
    "inicio del mensaje reenviado", "inizio messaggio inoltrato", "begin doorgestuurd bericht",
    "início da mensagem reencaminhada", "vidarebefordrat brev", "start på videresendt besked", "开始转发的邮件",
    "下面是被转发的邮件", "转发的邮件", "開始轉寄郵件", "転送されたメッセージ",
)  # fmt: skip

# The header lines of a quoted mail.
FROM = (
    "from", "von", "de", "da", "van", "fra", "från", "lähettäjä", "od", "nadawca", "odesílatel", "odosielateľ",
    "feladó", "от", "от кого", "від", "από", "kimden", "gönderen", "từ", "người gửi", "dari", "จาก", "מאת", "من",
    "از", "发件人", "寄件者", "寄件人", "差出人", "送信者", "보낸 사람", "보낸사람", "expéditeur", "remitente",
    "remetente", "mittente", "absender", "afzender", "avsender", "avsändare", "afsender", "message du",
)  # fmt: skip
SENT = (
    "sent", "date", "message du", "gesendet", "gesendet am", "datum", "envoyé", "envoye", "envoyé le", "enviado",
    "enviado el", "enviado em", "enviada", "enviada em", "fecha", "data", "inviato", "data invio", "verzonden",
    "verzonden op", "sendt", "dato", "skickat", "lähetetty", "päivämäärä", "pvm", "wysłano", "data wysłania",
    "odesláno", "odoslané", "elküldve", "küldve", "dátum", "trimis", "отправлено", "дата", "надіслано",
    "изпратено", "στάλθηκε", "ημερομηνία", "gönderme tarihi", "gönderildi", "tarih", "đã gửi", "ngày", "tanggal",
    "terkirim", "dikirim", "ส่ง", "วันที่", "נשלח", "תאריך", "تم الإرسال", "التاريخ", "تاريخ", "发送时间",
    "发送日期", "日期", "寄件日期", "傳送時間", "送信日時", "日時", "보낸 날짜", "날짜", "时间",
)  # fmt: skip
TO = (
    "to", "an", "à", "a", "para", "per", "aan", "til", "till", "vastaanottaja", "do", "adresat", "komu", "címzett",
    "către", "catre", "кому", "до", "προς", "kime", "alıcı", "đến", "tới", "kepada", "ถึง", "אל", "إلى", "به",
    "收件人", "收件者", "宛先", "받는 사람", "cc", "kopie", "copie à", "copie", "copia", "kopia", "копия", "копія",
    "抄送", "副本", "참조", "reply-to", "antwort an", "destinataire", "destinatario",
)  # fmt: skip
SUBJECT = (
    "subject", "betreff", "objet", "sujet", "asunto", "assunto", "oggetto", "onderwerp", "emne", "ämne", "aihe",
    "temat", "předmět", "predmet", "tárgy", "subiect", "subiectul", "тема", "относно", "θέμα", "konu", "chủ đề",
    "tiêu đề", "subjek", "perihal", "หัวเรื่อง", "เรื่อง", "נושא", "الموضوع", "موضوع", "主题", "主旨", "主題",
    "件名", "제목", "asunto/tema", "assumpte",
)  # fmt: skip

# What a device or a program adds by itself. A whole line, and a short one.
SENT_FROM = (
    "sent from (?:my |your |the )?", "sent (?:via|with|using|by|on) ", "from my ", "get outlook for ",
    r"get \S+ for (?:ios|android)", "sent on the go", "via mobile", r"(?:von|aus) mein\w+ \S+ gesendet",
    "gesendet (?:von|mit|über|aus|via) ", "diese nachricht wurde von ", "diese e-?mail wurde von ",
    "envoyé (?:depuis|de|à partir|avec|via|d’|d')",
    "enviad[oa] (?:desde|do|de|a partir|com|via|con|mediante|pelo) ", "obtener outlook", "obter o outlook",
    "inviato (?:da|dal|con|tramite) ?", "scarica outlook", "verzonden (?:vanaf|vanuit|met|via|van) ",
    "verstuurd (?:vanaf|met|vanuit|via) ", "sendt (?:fra|via|med) ", "hent outlook", "skickat från ",
    "skickades från ", "hämta outlook", "lähetetty ", "hanki outlook", "wysłane? (?:z|za|przy|ze) ",
    "pobierz (?:aplikację )?outlook", "odesláno z", "odoslané z", "küldve ", "trimis (?:de pe|din|de la) ",
    "отправлено (?:с|из|от) ", "надіслано (?:з|із) ", "изпратено от ", "στάλθηκε από ", "εστάλη από ",
    "iphone['’]umdan gönderildi", r"\S+ ?\S* (?:cihazımdan|telefonumdan) gönderildi", "được gửi từ ", "gửi từ ",
    "dikirim dari ", "ส่งจาก ", "נשלח מ", "أُ?رسلت? من ", "تم الإرسال من ", "获取 ?outlook", "下载 ?outlook",
    "发自我的", "发自 ?我的", "从我的.{1,12}发(?:送|出)", "從我的.{1,12}傳送", "發自我的", "来自我的",
    "使用.{1,12}发送", "iphone ?から送信", r"\S+から送信", "나의 .{1,12}에서 보냄", "내 .{1,12}에서 보냄",
    "iphone에서 보냄", "someone from mobile", "sent from mobile",
)  # fmt: skip

# The line that our own mails begin with (see `render`), in every language that they are written in.
MARKERS = (
    "reply above this line", "please type your reply above this line", "请在此行上方回复", "請在此行上方回覆",
    "antworten sie oberhalb dieser zeile",
)  # fmt: skip


def alternatives(words: tuple[str, ...]) -> str:
    """One expression for all of them, longer ones first. A space stands for any."""
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True))
