"""What exchangelib does with a streaming response, timed.

    exchangelib_stream.py FILE

It says how many events are in FILE, a line for each of two ways to feed it, then reads one way's name a line from
standard input and answers with the seconds that reading all of FILE took. Needs exchangelib (requirements.txt).

    parse     GetStreamingEvents.parse, as exchangelib's own tests call it: the bytes come one by one from memory
    response  the same over a requests.Response, which is what it is given in real life: that is where the bytes, one at
              a time, come from urllib3

Either way the code is exchangelib's: DocumentYielder looks for the end of a document byte by byte, lxml parses it, and
Notification.from_xml makes objects of the events. How the bytes were cut on the wire makes no difference to it.
"""

import gc
import io
import sys
import time
from collections import Counter

import requests
from exchangelib import __version__
from exchangelib.services import GetStreamingEvents
from exchangelib.version import EXCHANGE_2016, Version
from urllib3.response import HTTPResponse


class Configuration:
    version = Version(EXCHANGE_2016)


class Protocol:
    """Just enough for a service that will not send anything."""

    config = Configuration()
    credentials = None
    version = Version(EXCHANGE_2016)


class Account:
    """Likewise."""

    protocol = Protocol()
    version = Version(EXCHANGE_2016)


def parse(service, data):
    return service.parse(data)


def response(service, data):
    answer = requests.Response()
    answer.status_code = 200
    answer.raw = HTTPResponse(io.BytesIO(data), preload_content=False, decode_content=True)
    _, body = service._get_soap_parts(response=answer)
    return service._elems_to_objs(service._get_elements_in_response(response=service._get_soap_messages(body=body)))


WAYS = {"parse": parse, "response": response}


def read(way, data):
    """The kinds of all events in data, and how long it took to get at them."""
    service = GetStreamingEvents(account=Account())
    kinds = []
    gc.collect()
    start = time.perf_counter()
    for notification in WAYS[way](service, data):
        for event in notification.events:
            kinds.append(event.ELEMENT_NAME)
    return kinds, time.perf_counter() - start


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    print(f"exchangelib {__version__} on Python {sys.version.split()[0]}", flush=True)
    for way in WAYS:
        kinds = read(way, data)[0]
        print(way, len(kinds), flush=True)
        print(dict(Counter(kinds)), file=sys.stderr)
    for line in sys.stdin:
        print(read(line.strip(), data)[1], flush=True)


if __name__ == "__main__":
    main()
