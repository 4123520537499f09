"""exchangelib against a simulated Exchange: subscribe, stream, print the events of a few changes, unsubscribe.

Usage: exchangelib_client.py URL EVENTS
"""

import sys
import threading
import time

from exchangelib import DELEGATE, Account, Build, Configuration, Credentials, Version
from exchangelib.protocol import BaseProtocol, FailFast

url, wanted = sys.argv[1], int(sys.argv[2])
BaseProtocol.SESSION_POOLSIZE = 2
config = Configuration(
    service_endpoint=url,
    credentials=Credentials("user@contoso.example", "password"),
    auth_type="basic",
    version=Version(build=Build(15, 1, 2507, 57), api_version="Exchange2016"),
    retry_policy=FailFast(),
)
account = Account("user@contoso.example", config=config, autodiscover=False, access_type=DELEGATE)
inbox = account.inbox
print(f"inbox: {inbox.name!r}, {inbox.total_count} items")

# the library's own reader waits for a minute at least: end the process, not the test machine, when nothing comes
watchdog = threading.Timer(110, lambda: (print("no end in sight", flush=True), __import__("os")._exit(3)))
watchdog.daemon = True
watchdog.start()

subscription, watermark = None, None
with inbox.streaming_subscription() as subscription:
    print(f"subscribed: {subscription}")
    seen, started = 0, time.monotonic()
    stream = inbox.get_streaming_events(subscription, connection_timeout=1, max_notifications_returned=None)
    for notification in stream:
        for event in notification.events:
            kind = type(event).__name__
            if kind == "StatusEvent":
                continue
            subject = getattr(event, "item_id", None) or getattr(event, "folder_id", None)
            print(f"event after {time.monotonic() - started:.1f} s: {kind} {str(subject.id)[-16:]} at {event.timestamp}")
            seen += 1
        if seen >= wanted:
            break
print("unsubscribed")
if seen < wanted:
    sys.exit(f"{seen} events, wanted {wanted}")
print(f"exchangelib: {seen} events")
