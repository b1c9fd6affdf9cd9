"""How many SMS a text is: what the practice pays for."""

# The alphabet of GSM 03.38; the characters of its second table count twice.
BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = set("^{}\\[~]|€")


def segments(text: str) -> int:
    """How many SMS the text takes: of 160 characters, or 70 with letters outside the alphabet of SMS.

    A text of several has 7 or 3 characters less in each, for joining them.
    """
    if BASIC.union(EXTENDED).issuperset(text):
        return _parts(len(text) + sum(one in EXTENDED for one in text), 160, 153)
    return _parts(len(text.encode("utf-16-le")) // 2, 70, 67)


def _parts(length: int, alone: int, joined: int) -> int:
    return 1 if length <= alone else -(-length // joined)
