// libxml2's push parser with SAX2, which resolves namespaces. It is told where a document ends.

#include <libxml/parser.h>

#include "collector.h"

static void start(void *data, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int namespaces,
                  const xmlChar **declared, int count, int defaulted, const xmlChar **attributes) {
    struct collector *c = (struct collector *)data;
    (void)prefix, (void)namespaces, (void)declared, (void)defaulted;
    if (uri == NULL || strncmp((const char *)uri, EWS, sizeof EWS - 1) != 0) return;
    const char *rest = (const char *)uri + sizeof EWS - 1;
    if (strcmp(rest, "types") != 0 && strcmp(rest, "messages") != 0) return;
    int id = collect_start(c, (const char *)local, strlen((const char *)local));
    if (id == 0) return;
    for (int i = 0; i < count; i++, attributes += 5) {
        // local name, prefix, namespace, value, its end
        if (attributes[1] != NULL) continue;
        size_t len = (size_t)(attributes[4] - attributes[3]);
        collect_attribute(c, id, (const char *)attributes[0], (const char *)attributes[3], len);
    }
}

static void end(void *data, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri) {
    (void)local, (void)prefix, (void)uri;
    collect_end((struct collector *)data);
}

static void text(void *data, const xmlChar *bytes, int len) {
    collect_text((struct collector *)data, (const char *)bytes, (size_t)len);
}

int NAME(libxml2)(const struct input *input, struct sum *sum) {
    struct collector c = {0};
    xmlSAXHandler sax = {0};
    sax.initialized = XML_SAX2_MAGIC;
    sax.startElementNs = start;
    sax.endElementNs = end;
    sax.characters = text;
    sax.ignorableWhitespace = text;
    sax.cdataBlock = text;
    xmlParserCtxtPtr parser = xmlCreatePushParserCtxt(&sax, &c, NULL, 0, NULL);
    int result = parser == NULL;
    if (parser != NULL) xmlCtxtUseOptions(parser, XML_PARSE_NONET | XML_PARSE_NOENT); // decodes references in attributes
    for (size_t i = 0; result == 0 && i < input->count; i++) {
        if (i > 0) result = xmlCtxtResetPush(parser, NULL, 0, NULL, NULL);
        size_t at = input->documents[i].begin, last = input->documents[i].end;
        while (result == 0 && at < last) {
            size_t to = piece_end(input, at, last);
            result = xmlParseChunk(parser, input->bytes + at, (int)(to - at), to == last);
            at = to;
        }
    }
    if (parser != NULL) xmlFreeParserCtxt(parser);
    collect_free(&c);
    *sum = c.sum;
    return result;
}

#ifdef SINK_TOUCH
const char *libxml2_version(void) { return LIBXML_DOTTED_VERSION; }
#endif
