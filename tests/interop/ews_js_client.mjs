// ews-javascript-api against a simulated Exchange: subscribe, stream, print the events of a few changes, unsubscribe.
//
// Usage: node ews_js_client.mjs URL EVENTS

import { createRequire } from "node:module";

// the package lies in the build folder, which NODE_PATH names
const require = createRequire(`${process.env.INTEROP_MODULES ?? process.cwd()}/`);
const ews = require("ews-javascript-api");

const [url, wanted] = [process.argv[2], Number(process.argv[3])];
const service = new ews.ExchangeService(ews.ExchangeVersion.Exchange2013_SP1);
service.Credentials = new ews.WebCredentials("user@contoso.example", "password");
service.Url = new ews.Uri(url);

setTimeout(() => {
    console.error("no end in sight");
    process.exit(3);
}, 110_000).unref();

const { EventType, WellKnownFolderName, FolderId } = ews;
const subscription = await service.SubscribeToStreamingNotifications(
    [new FolderId(WellKnownFolderName.Inbox)],
    EventType.NewMail, EventType.Created, EventType.Deleted, EventType.Modified, EventType.Moved, EventType.Copied,
);
console.log(`subscribed: ${subscription.Id}`);

const connection = new ews.StreamingSubscriptionConnection(service, 1);
connection.AddSubscription(subscription);
let seen = 0;
const started = Date.now();
const enough = new Promise((resolve, reject) => {
    connection.OnNotificationEvent.push((_, args) => {
        for (const event of args.Events) {
            const subject = event.ItemId ?? event.FolderId;
            const after = ((Date.now() - started) / 1000).toFixed(1);
            console.log(`event after ${after} s: ${EventType[event.EventType]} ${subject?.UniqueId?.slice(-16)}`);
            seen += 1;
        }
        if (seen >= wanted) resolve();
    });
    connection.OnSubscriptionError.push((_, args) => reject(args.Exception ?? new Error("subscription error")));
    connection.OnDisconnect.push((_, args) => {
        if (seen < wanted) reject(args?.Exception ?? new Error("disconnected"));
    });
});
connection.Open();
await enough;
await subscription.Unsubscribe();
console.log("unsubscribed");
console.log(`ews-javascript-api: ${seen} events`);
process.exit(0);
