# SPDX-License-Identifier: Apache-2.0
"""What the cases send: made here, and the same in every run. Text has characters of every length
(U+0020 to U+10FFFF), so that every cut falls into one somewhere."""

import functools
import json
import math
import random
import struct
import zlib

LETTERS = "abcdefghijklmnopqrstuvwxyz ,.0123456789"
FOREIGN = "ßäöüéñøλжקก한語€‰…𝄞🜁🂡\U0010ffff"


@functools.lru_cache(maxsize=None)
def text(size):
    """Valid UTF-8 of exactly so many octets. Its period is no power of two: what is put together
    in the wrong place differs."""
    made = random.Random(1)
    block = "".join(made.choice(FOREIGN if made.random() < 0.2 else LETTERS) for _ in range(49999))
    octets = (block.encode() * (size // len(block.encode()) + 1))[:size]
    whole = octets.decode(errors="ignore").encode()
    return whole + b"*" * (size - len(whole))


@functools.lru_cache(maxsize=None)
def binary(size):
    block = random.Random(2).randbytes(65521)
    return (block * (size // len(block) + 1))[:size]


# -- documents for the cases of compression -------------------------------------------------------

NOUNS = """der Hafen,die Brücke,das Gebäude,der Müller,die Straße,das Mädchen,der König,die Königin,
das Gefäß,der Bär,die Mühle,das Öl,der Fluß,die Größe,das Frühstück,die Vögel""".split(",")
VERBS = """trägt,findet,verläßt,schließt,grüßt,überquert,erklärt,wünscht,verkauft,beschädigt,prüft,
öffnet,zählt,bewacht,malt,versteht""".split(",")
ADVERBS = """heute,morgen früh,niemals,gewöhnlich,übermorgen,im März,gegen fünf Uhr,plötzlich,
allmählich,später,zunächst,draußen""".split(",")


def _sentence(made):
    subject, thing = made.choice(NOUNS).strip(), made.choice(NOUNS).strip()
    words = f"{subject} {made.choice(VERBS).strip()} {made.choice(ADVERBS).strip()} {thing}."
    return words[0].upper() + words[1:]


def _paragraph(made, sentences):
    return " ".join(_sentence(made) for _ in range(sentences))


@functools.lru_cache(maxsize=None)
def json_records():
    made = random.Random(3)
    records = [{"id": number, "name": _sentence(made), "weight": round(made.random() * 1000, 3),
                "tags": made.sample(["rot", "grün", "blau", "weiß", "groß", "klein"], 3),
                "seen": made.random() < 0.5, "parent": made.choice([None, made.randrange(1000)])}
               for number in range(1300)]
    return json.dumps(records, ensure_ascii=False, indent=1)


@functools.lru_cache(maxsize=None)
def bitmap():
    """512 x 512 grey levels: waves and a little noise, as a photograph has it."""
    made = random.Random(4)
    side = 512
    palette = b"".join(bytes([level, level, level, 0]) for level in range(256))
    pixels = bytes(
        int(127 + 60 * math.sin(x / 37) + 50 * math.cos((x + y) / 53) + made.randrange(12))
        for y in range(side) for x in range(side))
    offset = 14 + 40 + len(palette)
    return (struct.pack("<2sIHHI", b"BM", offset + len(pixels), 0, 0, offset)
            + struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 0, len(pixels), 2835, 2835, 256, 0)
            + palette + pixels)


@functools.lru_cache(maxsize=None)
def german():
    made = random.Random(5)
    return "\n\n".join(_paragraph(made, 9) for _ in range(700)).encode("latin-1")


@functools.lru_cache(maxsize=None)
def html():
    made = random.Random(6)
    rows = "\n".join(
        f'  <tr class="row{number % 2}"><td>{number}</td><td><a href="/item/{number}">'
        f"{_sentence(made)}</a></td><td>&euro; {made.randrange(100000) / 100:.2f}</td></tr>"
        for number in range(1600))
    return f"<!DOCTYPE html>\n<title>Liste</title>\n<table>\n{rows}\n</table>\n"


@functools.lru_cache(maxsize=None)
def pdf():
    """Mostly streams that are compressed already."""
    made = random.Random(7)
    parts, offsets = [b"%PDF-1.4\n"], []
    for number in range(1, 120):
        drawing = "".join(f"{made.random():.5f} {made.random():.5f} l\n" for _ in range(900))
        stream = zlib.compress(drawing.encode())
        offsets.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream\n"
                     b"endobj\n" % (number, len(stream), stream))
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets).encode()
    return b"".join(parts) + b"xref\n0 %d\n%s%%%%EOF\n" % (len(offsets), table)


DOCUMENTS = {"JSON": json_records, "bitmap": bitmap, "German text": german, "HTML": html,
             "PDF": pdf}


def messages(document, size, count):
    """A window of `size` characters (octets where the document is binary) that moves through the
    document, round and round."""
    whole = DOCUMENTS[document]()
    assert len(whole) > size
    start = 0
    for _ in range(count):
        end = start + size
        piece = whole[start:end] + whole[:max(0, end - len(whole))]
        yield piece.encode() if isinstance(piece, str) else piece
        start = end % len(whole)
