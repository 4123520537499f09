//! Well-formed documents by a grammar of XML and namespaces, and the tokens that they are.
//!
//! Every production that our tokenizer accepts is in it, in the ways that have been hard for somebody: names of every sort,
//! prefixes bound anew, references, sections, comments, instructions, line ends, quotes, white space, declarations.

use super::choices::Choices;
use super::token::{Attribute, Owned};

/// A document, and what it means.
pub struct Made {
    pub written: String,
    pub tokens: Vec<Owned>,
}

/// Deeper is no document: our tokenizer's limit is far above.
const DEPTH: usize = 8;
const ELEMENTS: usize = 40;

const LOCALS: [&str; 12] = [
    "a",
    "b",
    "c-1",
    "_d.e",
    "xmlns1",
    "xm",
    "\u{e9}",
    "\u{10000}x",
    "f\u{b7}",
    "X",
    "long-name-of-some-thirty-bytes",
    "p",
];
const PREFIXES: [&str; 5] = ["", "p", "q", "\u{3b1}", "xmlfoo"];
/// As written between quotes, and what it means.
const NAMES: [(&str, &str); 5] = [
    ("urn:a", "urn:a"),
    ("urn:b", "urn:b"),
    ("urn&#58;a", "urn:a"),
    ("http://x/?a=1&amp;b=2", "http://x/?a=1&b=2"),
    (" u\t\u{e9} ", " u \u{e9} "),
];
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Text as written, and what it means in content. In a value, line ends and tabs that are written become blanks.
const TEXTS: [(&str, &str); 24] = [
    ("x", "x"),
    (" ", " "),
    ("some words = 1", "some words = 1"),
    ("\n", "\n"),
    ("\r\n", "\n"),
    ("\t", "\t"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&amp;", "&"),
    ("&apos;", "'"),
    ("&quot;", "\""),
    ("&#65;", "A"),
    ("&#x0000000000000041;", "A"),
    ("&#13;", "\r"),
    ("&#xA;", "\n"),
    ("&#9;", "\t"),
    ("&#x1F600;", "\u{1F600}"),
    ("\u{e9}\u{20ac}\u{1F600}", "\u{e9}\u{20ac}\u{1F600}"),
    ("\u{7f}\u{85}\u{2028}\u{fffd}\u{feff}", "\u{7f}\u{85}\u{2028}\u{fffd}\u{feff}"),
    ("]", "]"),
    ("]] >", "]] >"),
    ("/>", "/>"),
    ("--", "--"),
    ("0123456789abcdef0123456789abcdef0123456789", "0123456789abcdef0123456789abcdef0123456789"),
];
const SECTIONS: [(&str, &str); 5] =
    [("", ""), ("x", "x"), ("<b> & ]] ]>", "<b> & ]] ]>"), ("&lt;", "&lt;"), ("]]\r\n", "]]\n")];
const MISC: [&str; 8] = [
    "<!---->",
    "<!-- - <a> & ]]> -->",
    "<!--\u{e9}\r\n-->",
    "<?t?>",
    "<?t d?>",
    "<?t <a & ?? ]]> --\u{e9}?>",
    "<?xml-stylesheet\nx ?>",
    "<?_ ?>",
];
const SPACES: [&str; 5] = ["", " ", "\n", "\t \r\n", "  "];
const BEGINNINGS: [&str; 7] = [
    "",
    "\u{feff}",
    "<?xml version='1.0'?>",
    "<?xml version = \"1.1\" encoding='utf-8' standalone=\"no\" ?>\n",
    "\u{feff}<?xml version='1.0' encoding=\"UTF-8\"?>",
    "<?xml version='1.99999' standalone='yes'?>",
    "\n ",
];

struct Writer<'a> {
    choices: Choices<'a>,
    out: String,
    tokens: Vec<Owned>,
    text: String,
    /// Prefix and name of each declaration in scope.
    scope: Vec<(&'static str, &'static str)>,
    elements: usize,
}

/// Makes the document that these choices lead to; none is `<a/>`.
pub fn make(choices: Choices<'_>) -> Made {
    let mut writer =
        Writer { choices, out: String::new(), tokens: Vec::new(), text: String::new(), scope: Vec::new(), elements: 0 };
    let beginning = writer.choices.of(&BEGINNINGS);
    writer.out += beginning;
    writer.misc();
    writer.element(1);
    writer.misc();
    Made { written: writer.out, tokens: writer.tokens }
}

impl Writer<'_> {
    /// Behind the declaration, or behind the root.
    fn misc(&mut self) {
        for _ in 0..self.choices.below(3) {
            self.out += self.choices.of(&MISC);
            self.out += self.choices.of(&SPACES);
        }
    }

    fn element(&mut self, depth: usize) {
        self.flush();
        self.elements += 1;
        let outer = self.scope.len();
        let declarations = self.declarations(outer);
        let (prefix, namespace) = self.bound();
        let local = self.choices.of(&LOCALS);
        let name = qualified(prefix, local);
        let attributes = self.attributes();

        self.out.push('<');
        self.out += &name;
        let mut means = Vec::new();
        let mut declarations = declarations.into_iter();
        for (written, attribute) in attributes {
            // declarations may stand anywhere among them
            if self.choices.one_in(2) {
                self.out.extend(declarations.next());
            }
            self.out += &written;
            means.push(attribute);
        }
        self.out.extend(declarations);
        self.out += self.choices.of(&SPACES);
        let (namespace, local) = (namespace.to_owned(), local.to_owned());
        self.tokens.push(Owned::Start {
            name: name.clone(),
            namespace: namespace.clone(),
            local: local.clone(),
            attributes: means,
        });
        if self.choices.below(3) == 0 {
            self.out += "/>";
        } else {
            self.out.push('>');
            self.content(depth);
            self.flush();
            let space = self.choices.of(&SPACES);
            self.out.extend(["</", &name, space, ">"]);
        }
        self.tokens.push(Owned::End { name, namespace, local });
        self.scope.truncate(outer);
    }

    fn content(&mut self, depth: usize) {
        for _ in 0..self.choices.below(6) {
            match self.choices.below(8) {
                0 | 1 if depth < DEPTH && self.elements < ELEMENTS => self.element(depth + 1),
                2 => {
                    let (written, means) = self.choices.of(&SECTIONS);
                    self.out.extend(["<![CDATA[", written, "]]>"]);
                    self.text += means;
                }
                3 => {
                    self.flush();
                    self.out += self.choices.of(&MISC);
                }
                _ => {
                    let (written, means) = self.choices.of(&TEXTS);
                    // what stands before may make another thing of it
                    if self.out.ends_with(']') && written.starts_with(['>', ']']) {
                        self.out.push('.');
                        self.text.push('.');
                    }
                    self.out += written;
                    self.text += means;
                }
            }
        }
    }

    /// The text that has been written ends here.
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            self.tokens.push(Owned::Text(text));
        }
    }

    /// Each with the white space before it. They come into scope at once: the tag's own name may use them.
    fn declarations(&mut self, outer: usize) -> Vec<String> {
        let mut written = Vec::new();
        for _ in 0..self.choices.below(4) {
            let prefix = self.choices.of(&PREFIXES);
            if self.scope[outer..].iter().any(|(own, _)| *own == prefix) {
                continue;
            }
            let (mut uri, mut means) = self.choices.of(&NAMES);
            if prefix.is_empty() && self.choices.one_in(4) {
                (uri, means) = ("", "");
            }
            self.scope.push((prefix, means));
            written.push(self.attribute(&qualified_declaration(prefix), uri));
        }
        written
    }

    /// One of the prefixes in scope, and what it means there.
    fn bound(&mut self) -> (&'static str, &'static str) {
        let prefix = self.choices.of(&PREFIXES);
        match self.meaning(prefix) {
            Some(namespace) => (prefix, namespace),
            None => ("", self.meaning("").unwrap_or_default()),
        }
    }

    fn meaning(&self, prefix: &str) -> Option<&'static str> {
        self.scope.iter().rev().find(|(own, _)| *own == prefix).map(|(_, namespace)| *namespace)
    }

    /// As written, with the white space before each, and what each means.
    fn attributes(&mut self) -> Vec<(String, Attribute)> {
        let mut attributes: Vec<(String, Attribute)> = Vec::new();
        for _ in 0..self.choices.below(5) {
            let local = self.choices.of(&LOCALS);
            let (prefix, namespace) = match self.choices.below(6) {
                0 => ("xml", XML),
                1 | 2 => self.bound(),
                _ => ("", ""),
            };
            // the default namespace is not for attributes
            let namespace = if prefix.is_empty() { "" } else { namespace };
            if attributes.iter().any(|(_, (other, name, _))| other == namespace && name == local) {
                continue;
            }
            let (mut written, mut means) = (String::new(), String::new());
            for _ in 0..self.choices.below(4) {
                let (piece, text) = self.choices.of(&TEXTS);
                written += piece;
                // XML 3.3.3: what is written as itself becomes a blank, what is referred to stays
                if piece.starts_with('&') { means += text } else { means += &text.replace(['\t', '\n'], " ") }
            }
            let written = self.attribute(&qualified(prefix, local), &written);
            attributes.push((written, (namespace.to_owned(), local.to_owned(), means)));
        }
        attributes
    }

    fn attribute(&mut self, name: &str, value: &str) -> String {
        let before = self.choices.of(&[" ", "\n", "\t \r\n"]);
        let (behind, quote) = (self.choices.of(&SPACES), self.choices.of(&['"', '\'']));
        let then = self.choices.of(&SPACES);
        format!("{before}{name}{behind}={then}{quote}{value}{quote}")
    }
}

fn qualified(prefix: &str, local: &str) -> String {
    if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
}

fn qualified_declaration(prefix: &str) -> String {
    if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") }
}
