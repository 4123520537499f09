#!/usr/bin/env python3
"""Writes corpus/expat/verdicts.tsv: what expat says of documents with one to three wrong bytes.

    tests/oracle/expat_edits.py corpus

The documents are those of corpus/expat/seeds, and the bodies of corpus/ of at most 3,000 bytes that expat accepts as one
document. A line for each edited document: its path, the edits, expat's verdict.

    edits    separated by commas, each `OFFSET=XX` (the byte is now this one), `OFFSET+XX` (one is put in before it) or
             `OFFSET-` (it is taken away), made one after the other
    verdict  `refused`; `dtd` where a DOCTYPE is met first; `encoding` where another encoding is declared than UTF-8 or
             US-ASCII; otherwise `wf` and the FNV-1a hash, 64 bits, of what is in it:
             `S` qualified name (`0x01` local name of an attribute `0x02` value)* `0x00`, no declarations of namespaces;
             `E` qualified name `0x00`; `T` text `0x00`, which comments and instructions end

The same lines each time, as long as expat says the same.
"""
import glob
import os
import random
import sys
from xml.parsers import expat

PER_DOCUMENT = {"expat/seeds": 1000, "": 60}
LIKELY = b"<>/&;:='\"![]-? \r\n\txap0#\0"


class Refused(Exception):
    pass


def read(document):
    out = bytearray()
    text = []
    # between the parts of a name; expat refuses it in the name of a namespace, where this one cannot be
    parser = expat.ParserCreate("UTF-8", "\x01")
    parser.namespace_prefixes = True
    parser.ordered_attributes = True

    def qualified(name):
        parts = name.split("\x01")
        return f"{parts[2]}:{parts[1]}" if len(parts) == 3 else parts[-1]

    def flush(*_):
        if text:
            out.extend(b"T" + "".join(text).encode() + b"\0")
            text.clear()

    def start(name, attributes):
        flush()
        out.extend(b"S" + qualified(name).encode())
        for key, value in zip(attributes[::2], attributes[1::2]):
            local = key.split("\x01")[1] if "\x01" in key else key
            out.extend(b"\1" + local.encode() + b"\2" + value.encode())
        out.extend(b"\0")

    def end(name):
        flush()
        out.extend(b"E" + qualified(name).encode() + b"\0")

    def declaration(_version, encoding, _standalone):
        if encoding and encoding.upper() not in ("UTF-8", "US-ASCII"):
            raise Refused("encoding")

    def doctype(*_):
        raise Refused("dtd")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text.append
    parser.CommentHandler = parser.ProcessingInstructionHandler = flush
    parser.XmlDeclHandler, parser.StartDoctypeDeclHandler = declaration, doctype
    try:
        parser.Parse(document, True)
    except Refused as refused:
        return str(refused)
    except expat.ExpatError:
        return "refused"
    value = 0xCBF29CE484222325
    for byte in out:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"wf {value:016x}"


def edited(document, chance):
    document = bytearray(document)
    edits = []
    for _ in range(chance.choice([1, 1, 2, 3])):
        how = chance.choice("==+-")
        byte = chance.choice(LIKELY) if chance.random() < 0.8 else chance.randrange(256)
        markup = [at for at, old in enumerate(document) if old in b"<>/&;:='\"![]-? \n"]
        at = chance.choice(markup) if markup and chance.random() < 0.6 else chance.randrange(len(document))
        if how == "=":
            document[at] = byte
        elif how == "+":
            document.insert(at, byte)
        else:
            del document[at]
        edits.append(f"{at}-" if how == "-" else f"{at}{how}{byte:02x}")
    return bytes(document), ",".join(edits)


def main(corpus):
    chance = random.Random(20261124)
    paths = sorted(glob.glob("expat/seeds/*", root_dir=corpus)) + sorted(glob.glob("*/*.body", root_dir=corpus))
    with open(os.path.join(corpus, "expat/verdicts.tsv"), "w", encoding="utf-8", newline="\n") as table:
        table.write(f"# tests/oracle/expat_edits.py, {expat.EXPAT_VERSION}\n")
        for path in paths:
            with open(os.path.join(corpus, path), "rb") as file:
                document = file.read()
            if len(document) > 3000 or not read(document).startswith("wf"):
                continue
            table.write(f"{path}\t\t{read(document)}\n")
            seen = set()
            for _ in range(PER_DOCUMENT[os.path.dirname(path) if path.startswith("expat") else ""]):
                other, edits = edited(document, chance)
                if other != document and other not in seen:
                    seen.add(other)
                    table.write(f"{path}\t{edits}\t{read(other)}\n")


if __name__ == "__main__":
    main(sys.argv[1])
