// What a client has to do on top of a parser that calls back: `benches/peers/collector.rs`, in C.
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include <stdlib.h>

#include "sink.h"

struct text {
    char *bytes;
    size_t len, room;
};

struct collector {
    struct sum sum;
    struct text subscription, text;
    int has_subscription;
    int leaf; // its field, or 0
};

static inline void text_add(struct text *text, const char *bytes, size_t len) {
    if (text->len + len > text->room) {
        text->room = 2 * (text->len + len);
        text->bytes = (char *)realloc(text->bytes, text->room);
        if (text->bytes == NULL) abort();
    }
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
}

// An element begins. The field of the id that it is, or 0.
static inline int collect_start(struct collector *c, const char *local, size_t len) {
    int element = element_of(local, len);
    if (element == NOTHING) return 0;
    if (element == EVENT) {
        sink_event(&c->sum, local, len);
        if (c->has_subscription) sink_text(&c->sum, SUBSCRIPTION, c->subscription.bytes, c->subscription.len);
    } else if (element == NOTIFICATION) {
        c->has_subscription = 0;
    } else if (element > LEAF) {
        c->leaf = element - LEAF;
        c->text.len = 0;
    } else {
        return element - ID;
    }
    return 0;
}

static inline void collect_text(struct collector *c, const char *bytes, size_t len) {
    if (c->leaf != 0) text_add(&c->text, bytes, len);
}

static inline void collect_end(struct collector *c) {
    if (c->leaf == 0) return;
    if (c->leaf == SUBSCRIPTION) {
        struct text old = c->subscription;
        c->subscription = c->text;
        c->text = old;
        c->has_subscription = 1;
    } else if (c->leaf == UNREAD_COUNT) {
        sink_count(&c->sum, c->text.bytes, c->text.len);
    } else {
        sink_text(&c->sum, (unsigned)c->leaf, c->text.bytes, c->text.len);
    }
    c->leaf = 0;
}

static inline void collect_attribute(struct collector *c, int id, const char *name, const char *value, size_t len) {
    if (strcmp(name, "Id") == 0) {
        sink_text(&c->sum, (unsigned)id, value, len);
    } else if (strcmp(name, "ChangeKey") == 0) {
        sink_text(&c->sum, (unsigned)id + CHANGE_KEY, value, len);
    }
}

static inline void collect_free(struct collector *c) {
    free(c->subscription.bytes);
    free(c->text.bytes);
}

// The end of the piece that begins at `at`.
static inline size_t piece_end(const struct input *input, size_t at, size_t end) {
    size_t next = input->chunk == 0 ? end : (at / input->chunk + 1) * input->chunk;
    return next < end ? next : end;
}

#define EWS "http://schemas.microsoft.com/exchange/services/2006/"

#endif
