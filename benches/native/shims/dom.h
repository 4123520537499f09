// What a client does with a tree: finds the Notifications, takes what is in them. `Tree` says how a node is read.
#ifndef DOM_H
#define DOM_H

#include <string_view>

#include "sink.h"

template <class Tree> struct Walk {
    using Node = typename Tree::Node;
    struct sum sum = {};

    static std::string_view local(std::string_view name) {
        size_t colon = name.find(':');
        return colon == name.npos ? name : name.substr(colon + 1);
    }

    void text(unsigned field, std::string_view value) { sink_text(&sum, field, value.data(), value.size()); }

    void visit(const Node &element) {
        std::string_view name = local(Tree::name(element));
        int known = element_of(name.data(), name.size());
        if (known == NOTIFICATION) {
            notification(element);
        } else if (known == LEAF + CONNECTION_STATUS) {
            text(CONNECTION_STATUS, Tree::text(element));
        } else {
            Tree::each_child(element, [this](const Node &child) { visit(child); });
        }
    }

    void notification(const Node &element) {
        std::string_view subscription;
        bool has_subscription = false;
        Tree::each_child(element, [&](const Node &child) {
            std::string_view name = local(Tree::name(child));
            int known = element_of(name.data(), name.size());
            if (known == LEAF + SUBSCRIPTION) {
                subscription = Tree::text(child);
                has_subscription = true;
            } else if (known == EVENT) {
                sink_event(&sum, name.data(), name.size());
                if (has_subscription) text(SUBSCRIPTION, subscription);
                Tree::each_child(child, [this](const Node &value) { this->value(value); });
            }
        });
    }

    void value(const Node &element) {
        std::string_view name = local(Tree::name(element));
        int known = element_of(name.data(), name.size());
        if (known == LEAF + UNREAD_COUNT) {
            std::string_view count = Tree::text(element);
            sink_count(&sum, count.data(), count.size());
        } else if (known > LEAF && known < NOTIFICATION) {
            text(known - LEAF, Tree::text(element));
        } else if (known > ID && known < LEAF) {
            unsigned field = known - ID;
            Tree::each_attribute(element, [&](std::string_view attribute, std::string_view value) {
                if (attribute == "Id") text(field, value);
                else if (attribute == "ChangeKey") text(field + CHANGE_KEY, value);
            });
        }
    }
};

#endif
