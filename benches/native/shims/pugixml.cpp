// pugixml, which builds a tree in the buffer that it is given, and knows no namespaces: elements go by their local name.
// What it need not do is left out: comments, instructions, white space, line ends.

#include <pugixml.hpp>

#include "dom.h"

struct Pugi {
    using Node = pugi::xml_node;
    static std::string_view name(const Node &node) { return node.name(); }
    static std::string_view text(const Node &node) { return node.child_value(); }
    template <class F> static void each_child(const Node &node, F take) {
        for (Node child = node.first_child(); child; child = child.next_sibling()) {
            if (child.type() == pugi::node_element) take(child);
        }
    }
    template <class F> static void each_attribute(const Node &node, F take) {
        for (pugi::xml_attribute a = node.first_attribute(); a; a = a.next_attribute()) take(a.name(), a.value());
    }
};

extern "C" int NAME(pugixml)(const struct input *input, struct sum *sum) {
    Walk<Pugi> walk;
    pugi::xml_document document;
    const unsigned options = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_embed_pcdata;
    for (size_t i = 0; i < input->count; i++) {
        const struct span &span = input->documents[i];
        char *begin = const_cast<char *>(input->bytes) + span.begin;
        pugi::xml_parse_result result =
            document.load_buffer_inplace(begin, span.end - span.begin, options, pugi::encoding_utf8);
        if (!result) return result.status;
        walk.visit(document.document_element());
    }
    *sum = walk.sum;
    return 0;
}

#ifdef SINK_TOUCH
extern "C" int pugixml_version(void) { return PUGIXML_VERSION; }
#endif
