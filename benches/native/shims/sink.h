// What is done with the values that a parser takes out: `benches/peers/sink.rs`, in C.
#ifndef SINK_H
#define SINK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if defined(SINK_EVERY)
#define NAME(parser) parser##_every
#elif defined(SINK_TOUCH)
#define NAME(parser) parser##_touch
#else
#error "which sink?"
#endif

struct span {
    size_t begin, end;
};

struct input {
    const char *bytes; // those who work in place may write to them
    const struct span *documents;
    size_t count;
    size_t chunk; // those who can be pushed: pieces end where it divides the offset
};

struct sum {
    uint64_t events, statuses, values;
};

enum field {
    KIND = 1,
    SUBSCRIPTION,
    TIME_STAMP,
    UNREAD_COUNT,
    CONNECTION_STATUS,
    ITEM,
    FOLDER,
    PARENT_FOLDER,
    OLD_ITEM,
    OLD_FOLDER,
    OLD_PARENT_FOLDER,
    CHANGE_KEY = 16, // more than its id's
};

static inline void sink_add(struct sum *sum, unsigned number, uint64_t value) {
    sum->statuses += number == CONNECTION_STATUS;
    sum->values += value * (2 * (uint64_t)number + 1);
}

static inline void sink_text(struct sum *sum, unsigned number, const char *value, size_t len) {
#ifdef SINK_EVERY
    uint64_t hash = UINT64_C(0xCBF29CE484222325) ^ sum->events;
    for (size_t i = 0; i < len; i++) hash = (hash ^ (unsigned char)value[i]) * UINT64_C(0x100000001B3);
    sink_add(sum, number, hash);
#else
    uint64_t last = len == 0 ? 0 : (uint64_t)(unsigned char)value[len - 1] << 32;
    sink_add(sum, number, (uint64_t)len ^ last);
#endif
}

static inline void sink_event(struct sum *sum, const char *kind, size_t len) {
    sum->events++;
    sink_text(sum, KIND, kind, len);
}

// A number in decimal, with white space around it.
static inline void sink_count(struct sum *sum, const char *value, size_t len) {
    const char *end = value + len;
    while (value < end && (unsigned char)*value <= ' ') value++;
    int negative = value < end && *value == '-';
    if (value < end && (*value == '-' || *value == '+')) value++;
    int32_t number = 0;
    for (; value < end && *value >= '0' && *value <= '9'; value++) number = 10 * number + (*value - '0');
#ifdef SINK_EVERY
    char written[16];
    int length = snprintf(written, sizeof written, "%d", negative ? -number : number);
    sink_text(sum, UNREAD_COUNT, written, (size_t)length);
#else
    (void)negative;
    sink_add(sum, UNREAD_COUNT, (uint64_t)(uint32_t)number);
#endif
}

// What an element means: a field as it is, or one of these.
enum element {
    NOTHING = 0,
    ID = 32, // more than its field
    LEAF = 64,
    NOTIFICATION = 128,
    EVENT,
};

// By its local name.
static inline int element_of(const char *local, size_t len) {
#define IS(literal) (memcmp(local, literal, sizeof literal - 1) == 0)
    switch (len) {
    case 6: if (IS("ItemId")) return ID + ITEM; break;
    case 8: if (IS("FolderId")) return ID + FOLDER; break;
    case 9:
        if (IS("TimeStamp")) return LEAF + TIME_STAMP;
        if (IS("OldItemId")) return ID + OLD_ITEM;
        break;
    case 11:
        if (IS("UnreadCount")) return LEAF + UNREAD_COUNT;
        if (IS("OldFolderId")) return ID + OLD_FOLDER;
        break;
    case 12: if (IS("Notification")) return NOTIFICATION; break;
    case 14:
        if (IS("ParentFolderId")) return ID + PARENT_FOLDER;
        if (IS("SubscriptionId")) return LEAF + SUBSCRIPTION;
        break;
    case 16: if (IS("ConnectionStatus")) return LEAF + CONNECTION_STATUS; break;
    case 17: if (IS("OldParentFolderId")) return ID + OLD_PARENT_FOLDER; break;
    }
#undef IS
    return len > 5 && memcmp(local + len - 5, "Event", 5) == 0 ? EVENT : NOTHING;
}

#endif
