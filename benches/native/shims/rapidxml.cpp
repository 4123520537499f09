// RapidXml, which builds a tree in the buffer that it is given, up to a NUL. It checks next to nothing: not that end tags
// fit, not the characters, and it knows no namespaces.

#include <rapidxml.hpp>

#include "dom.h"

struct Rapid {
    using Node = rapidxml::xml_node<> *;
    static std::string_view name(Node node) { return {node->name(), node->name_size()}; }
    static std::string_view text(Node node) { return {node->value(), node->value_size()}; }
    template <class F> static void each_child(Node node, F take) {
        for (Node child = node->first_node(); child != nullptr; child = child->next_sibling()) {
            if (child->type() == rapidxml::node_element) take(child);
        }
    }
    template <class F> static void each_attribute(Node node, F take) {
        for (auto *a = node->first_attribute(); a != nullptr; a = a->next_attribute()) {
            take(std::string_view(a->name(), a->name_size()), std::string_view(a->value(), a->value_size()));
        }
    }
};

extern "C" int NAME(rapidxml)(const struct input *input, struct sum *sum) {
    Walk<Rapid> walk;
    rapidxml::xml_document<> document;
    try {
        for (size_t i = 0; i < input->count; i++) {
            document.clear();
            document.parse<rapidxml::parse_no_data_nodes | rapidxml::parse_no_string_terminators>(
                const_cast<char *>(input->bytes) + input->documents[i].begin);
            walk.visit(document.first_node());
        }
    } catch (const rapidxml::parse_error &) {
        return 1;
    }
    *sum = walk.sum;
    return 0;
}
