// expat, which resolves namespaces. It is told where a document ends: behind that it takes nothing.

#include <expat.h>

#include "collector.h"

static void XMLCALL start(void *data, const XML_Char *name, const XML_Char **attributes) {
    struct collector *c = (struct collector *)data;
    // "namespace|local", in either of the two namespaces
    if (strncmp(name, EWS, sizeof EWS - 1) != 0) return;
    const char *rest = name + sizeof EWS - 1;
    if (strncmp(rest, "types|", 6) == 0) rest += 6;
    else if (strncmp(rest, "messages|", 9) == 0) rest += 9;
    else return;
    int id = collect_start(c, rest, strlen(rest));
    if (id == 0) return;
    for (; attributes[0] != NULL; attributes += 2) {
        collect_attribute(c, id, attributes[0], attributes[1], strlen(attributes[1]));
    }
}

static void XMLCALL end(void *data, const XML_Char *name) {
    (void)name;
    collect_end((struct collector *)data);
}

static void XMLCALL text(void *data, const XML_Char *bytes, int len) {
    collect_text((struct collector *)data, bytes, (size_t)len);
}

int NAME(expat)(const struct input *input, struct sum *sum) {
    struct collector c = {0};
    XML_Parser parser = XML_ParserCreateNS("UTF-8", '|');
    int result = parser == NULL;
    for (size_t i = 0; result == 0 && i < input->count; i++) {
        if (i > 0) XML_ParserReset(parser, "UTF-8");
        XML_SetUserData(parser, &c);
        XML_SetElementHandler(parser, start, end);
        XML_SetCharacterDataHandler(parser, text);
        size_t at = input->documents[i].begin, last = input->documents[i].end;
        while (result == 0 && at < last) {
            size_t to = piece_end(input, at, last);
            enum XML_Status status = XML_Parse(parser, input->bytes + at, (int)(to - at), to == last);
            if (status != XML_STATUS_OK) result = (int)XML_GetErrorCode(parser);
            at = to;
        }
    }
    if (parser != NULL) XML_ParserFree(parser);
    collect_free(&c);
    *sum = c.sum;
    return result;
}

#ifdef SINK_TOUCH
const char *expat_version(void) { return XML_ExpatVersion(); }
#endif
