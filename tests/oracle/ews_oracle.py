#!/usr/bin/env python3
"""A second reading of what an EWS response body says, over another XML parser.

Reads a body (FILE, or - for standard input) with expat and prints what the `ewscat` example has to print: a JSON object a
line, a line per message. Exit status 1 and `error: ...` on standard error when the body is not acceptable; every message
before the error is printed.

What it is worth: expat has no line in common with the library, so the XML of every expectation is checked by a stranger. The
meaning of the elements is not: the first version is by the author of the parser, and where the protocol leaves a question
open (what comes behind a Response, which of repeated parts counts) it was made to follow the parser's answer.

`--expected` prints a last line {"error":true} instead and exits with 0: the form of corpus/expected/.
"""
import json
import re
import sys
from xml.parsers import expat

SOAP = {
    "http://schemas.xmlsoap.org/soap/envelope/",
    "https://schemas.xmlsoap.org/soap/envelope/",
    "http://www.w3.org/2003/05/soap-envelope",
}
EWS = {
    scheme + "://schemas.microsoft.com/exchange/services/2006/" + name
    for scheme in ("http", "https")
    for name in ("messages", "types")
}
ERRORS = {scheme + "://schemas.microsoft.com/exchange/services/2006/errors" for scheme in ("http", "https")}
OPERATIONS = {
    "GetStreamingEventsResponse": "GetStreamingEvents",
    "GetEventsResponse": "GetEvents",
    "SubscribeResponse": "Subscribe",
    "UnsubscribeResponse": "Unsubscribe",
    "SendNotification": "SendNotification",
}
EVENTS = {
    "CopiedEvent", "CreatedEvent", "DeletedEvent", "FreeBusyChangedEvent", "ModifiedEvent", "MovedEvent",
    "NewMailEvent", "StatusEvent",
}
IDS = {
    "ItemId": "item_id",
    "FolderId": "folder_id",
    "ParentFolderId": "parent_folder_id",
    "OldItemId": "old_item_id",
    "OldFolderId": "old_folder_id",
    "OldParentFolderId": "old_parent_folder_id",
}
EVENT_ORDER = [
    "message", "event", "subscription_id", "previous_watermark", "more_events", "watermark", "timestamp", "item_id",
    "folder_id", "parent_folder_id", "old_item_id", "old_folder_id", "old_parent_folder_id", "unread_count",
]
SPACE = " \t\r\n"
BETWEEN = "\x01"  # stands between a namespace and a name; no document can hold it
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Refused(Exception):
    """The body is not acceptable."""


class RootClosed(Exception):
    """The document is complete."""


def integer(text, low, high):
    """A number as the schema writes it, or None."""
    if re.fullmatch(r"[+-]?[0-9]+", text) and low <= int(text) <= high:
        return int(text)
    return None


class Reader:
    """One document: expat's handlers, with a stack of what the open elements mean."""

    def __init__(self, out, parser):
        self.out = out
        self.parser = parser
        self.root_closed_at = None
        self.stack = []  # (place, state of that place)
        self.text = None

    # ---- output

    def emit(self, **fields):
        self.out({name: value for name, value in fields.items() if value is not None})

    def emit_response(self, message):
        self.emit(message="Response", operation=message["operation"], **{"class": message["class"]},
                  code=message.get("code"), text=message.get("text"), back_off_ms=message.get("back_off_ms"))
        message["sent"] = True
        for waiting in message["waiting"]:
            self.emit(**waiting)
        message["waiting"] = []
        for late in ("code", "text", "back_off_ms"):
            message.pop(late, None)

    def content(self, owner, **fields):
        if owner["sent"]:
            self.emit(**fields)
        else:
            owner["waiting"].append(fields)

    def content_begins(self, message, now=False):
        if not message["sent"] and (now or "code" in message):
            self.emit_response(message)

    # ---- the grammar

    def start(self, name, attributes):
        uri, _, local = name.rpartition(BETWEEN)
        place, state = self.child(uri, local, attributes)
        if not self.stack and place != "Envelope":
            raise Refused(f"the root is {local}, not a SOAP Envelope")
        self.stack.append((place, state))

    def child(self, uri, local, attributes):
        soap, ews, none = uri in SOAP, uri in EWS, uri == ""
        if not self.stack:
            return ("Envelope", {}) if soap and local == "Envelope" else (None, None)
        place, state = self.stack[-1]
        leaf = lambda take: ("Leaf", {"text": "", "take": take})
        if place == "Envelope" and soap and local in ("Header", "Body"):
            return (local, {})
        if place == "Header" and ews and local == "ServerVersionInfo":
            number = lambda key: integer(attributes.get(key, "").strip(SPACE), 0, 2**32 - 1)
            version = attributes.get("Version")
            return ("ServerVersionInfo", {
                "message": "ServerVersion", "major": number("MajorVersion"), "minor": number("MinorVersion"),
                "major_build": number("MajorBuildNumber"), "minor_build": number("MinorBuildNumber"),
                "version": None if version is None else version.strip(SPACE),
            })
        if place == "Body" and soap and local == "Fault":
            return ("Fault", {"message": "Fault", "code": None, "string": None, "response_code": None})
        if place == "Body" and ews:
            return ("Operation", {"operation": OPERATIONS.get(local)})
        if place == "Operation" and ews and local == "ResponseMessages":
            return ("ResponseMessages", state)
        if place == "ResponseMessages" and ews:
            kind = attributes.get("ResponseClass", "").strip(SPACE)
            return ("ResponseMessage", {
                "operation": state["operation"], "class": kind if kind in ("Success", "Warning", "Error") else None,
                "sent": False, "known": set(), "waiting": [], "id": None, "watermark": None,
            })
        if place == "ResponseMessage" and ews:
            return self.response_child(local, state, leaf)
        if place == "MessageXml" and (ews or uri in ERRORS):
            key = attributes.get("Name")
            if local == "Value" and key == "BackOffMilliseconds":
                def take(text):
                    number = integer(text.strip(SPACE), 0, 2**64 - 1)
                    if number is not None:
                        state["understood"] = True
                        state["owner"].setdefault("back_off_ms", number)
                return leaf(take)
            # what has no field in the output is understood all the same
            if local == "Value" and key == "InnerErrorResponseCode" or local == "Violation":
                return leaf(lambda _: state.update(understood=True))
            if local in ("LineNumber", "LinePosition"):
                def take_line(text):
                    if integer(text.strip(SPACE), 0, 2**32 - 1) is not None:
                        state["understood"] = True
                return leaf(take_line)
        if place == "Notifications" and ews and local == "Notification":
            return self.notification(state)
        if place == "Notification" and ews:
            return self.notification_child(local, state, leaf)
        if place == "Event" and ews:
            return self.event_child(local, state, attributes, leaf)
        if place == "ErrorSubscriptionIds" and (ews or none) and local == "SubscriptionId":
            self.content_begins(state)
            return leaf(lambda text: self.content(state, message="ErrorSubscriptionId", id=text.strip(SPACE)))
        if place == "Fault" and none:
            if local == "faultcode":
                return leaf(lambda text: first(state, "code", text.strip(SPACE)))
            if local == "faultstring":
                return leaf(lambda text: first(state, "string", text))
            if local == "detail":
                return ("Detail", state)
        if place == "Fault" and soap and local in ("Code", "Reason", "Detail"):
            return (local, state)
        if place == "Code" and soap and local == "Value":
            return leaf(lambda text: first(state, "code", text.strip(SPACE)))
        if place == "Reason" and soap and local == "Text":
            return leaf(lambda text: first(state, "string", text))
        if place == "Detail" and (ews or uri in ERRORS):
            if local == "ResponseCode":
                return leaf(lambda text: first(state, "response_code", text.strip(SPACE)))
        return (None, None)

    def response_child(self, local, message, leaf):
        def head(key, value):
            # of a repeated part the first counts, also when it is in a Response that went out
            if key not in message["known"]:
                message["known"].add(key)
                message[key] = value
                if message["sent"]:
                    self.emit_response(message)
        if local == "ResponseCode":
            return leaf(lambda text: head("code", text.strip(SPACE)))
        if local == "MessageText":
            return leaf(lambda text: head("text", text))
        if local == "MessageXml":
            return ("MessageXml", {"owner": message, "understood": False})
        if local == "Notifications":
            self.content_begins(message)
            return ("Notifications", message)
        if local == "Notification":
            return self.notification(message)
        if local == "ErrorSubscriptionIds":
            self.content_begins(message)
            return ("ErrorSubscriptionIds", message)
        if local == "ConnectionStatus":
            self.content_begins(message)
            def status(text):
                if text.strip(SPACE) in ("OK", "Closed"):
                    self.content(message, message="ConnectionStatus", status=text.strip(SPACE))
            return leaf(status)
        if local == "SubscriptionId":
            self.content_begins(message)
            return leaf(lambda text: first(message, "id", text.strip(SPACE)))
        if local == "Watermark":
            self.content_begins(message)
            return leaf(lambda text: first(message, "watermark", text.strip(SPACE)))
        return (None, None)

    def notification(self, message):
        self.content_begins(message, now=True)
        return ("Notification", {})

    def notification_child(self, local, head, leaf):
        if local == "SubscriptionId":
            return leaf(lambda text: head.setdefault("subscription_id", text.strip(SPACE)))
        if local == "PreviousWatermark":
            return leaf(lambda text: head.setdefault("previous_watermark", text.strip(SPACE)))
        if local == "MoreEvents":
            truth = {"true": True, "1": True, "false": False, "0": False}
            return leaf(lambda text: head.setdefault("more_events", truth.get(text.strip(SPACE))))
        if local.endswith("Event"):
            return ("Event", {"message": "Event", "event": local, **head})
        return (None, None)

    def event_child(self, local, event, attributes, leaf):
        if local in IDS:
            found = {"id": attributes.get("Id", "").strip(SPACE)}
            if "ChangeKey" in attributes:
                found["change_key"] = attributes["ChangeKey"].strip(SPACE)
            event.setdefault(IDS[local], found)
            return ("Id", {})
        if local == "TimeStamp":
            return leaf(lambda text: event.setdefault("timestamp", text.strip(SPACE)))
        if local == "Watermark":
            return leaf(lambda text: event.setdefault("watermark", text.strip(SPACE)))
        if local == "UnreadCount":
            return leaf(lambda text: event.setdefault("unread_count", integer(text.strip(SPACE), -2**31, 2**31 - 1)))
        return (None, None)

    def end(self, _name):
        place, state = self.stack.pop()
        if place == "Leaf":
            state["take"](state["text"])
        elif place == "Event":
            self.emit(**{name: state[name] for name in EVENT_ORDER if name in state})
        elif place in ("ServerVersionInfo", "Fault"):
            self.emit(**state)
        elif place == "MessageXml":
            owner = state["owner"]
            if owner["sent"]:
                if state["understood"] and "details" not in owner["known"]:
                    self.emit_response(owner)
                owner.pop("back_off_ms", None)
            if state["understood"]:
                owner["known"].add("details")
        elif place == "ResponseMessage":
            if not state["sent"]:
                self.emit_response(state)
            if state["id"] is not None:
                self.emit(message="Subscribed", subscription_id=state["id"], watermark=state["watermark"])
        elif place == "Envelope":
            self.emit(message="EndOfEnvelope")
        if not self.stack:
            self.root_closed_at = self.parser.CurrentByteIndex
            raise RootClosed

    def characters(self, text):
        if self.stack and self.stack[-1][0] == "Leaf":
            self.stack[-1][1]["text"] += text


def first(state, key, value):
    """Of a repeated element the first counts."""
    if state[key] is None:
        state[key] = value


def read_document(body, begin, out):
    """Reads the document that begins at `begin`; returns where it ends."""
    parser = expat.ParserCreate(namespace_separator=BETWEEN)
    reader = Reader(out, parser)
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters

    def declaration(version, encoding, _standalone):
        if not re.fullmatch(r"1\.[0-9]+", version):  # expat takes any
            raise Refused(f"version {version}")
        if encoding is not None and encoding.upper() not in ("UTF-8", "US-ASCII"):
            raise Refused(f"encoding {encoding}")

    def doctype(*_):
        raise Refused("a document type declaration")

    parser.XmlDeclHandler = declaration
    parser.StartDoctypeDeclHandler = doctype
    if body[begin:begin + 2] in (b"\xff\xfe", b"\xfe\xff", b"\0<", b"<\0"):
        raise Refused("not UTF-8")
    try:
        parser.Parse(body[begin:], True)
    except RootClosed:
        return TAG.match(body, begin + reader.root_closed_at).end()
    except expat.ExpatError as error:
        raise Refused(str(error)) from error
    raise Refused("no root")


TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
EPILOG = re.compile(rb"(?:[ \t\r\n]+|<!--.*?-->|<\?(?![xX][mM][lL][\s?]).*?\?>)*", re.DOTALL)


def read_body(body, out):
    """Documents back to back, with white space, comments and instructions behind each."""
    at = 0
    while body[at:].removeprefix(BYTE_ORDER_MARK).strip(SPACE.encode()):
        at = read_document(body, at, out)
        end = EPILOG.match(body, at).end()
        try:
            expat.ParserCreate().Parse(b"<root/>" + body[at:end], True)  # what stands there is well-formed
        except expat.ExpatError as error:
            raise Refused(str(error)) from error
        at = end


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--expected"]
    expected = len(arguments) != len(sys.argv) - 1
    name = arguments[0] if arguments else "-"
    body = sys.stdin.buffer.read() if name == "-" else open(name, "rb").read()

    def out(message):
        sys.stdout.buffer.write(json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")

    try:
        read_body(body, out)
    except Refused as refused:
        if expected:
            out({"error": True})
            return 0
        sys.stdout.flush()
        print(f"error: {refused}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
