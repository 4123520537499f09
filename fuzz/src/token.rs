//! Tokens that borrow nothing: what two runs are compared by, and our tokenizer with its peers.

use ews_stream::Error;
use ews_stream::xml::{Token, Tokenizer};

use super::drive::Machine;

/// Namespace, local name, value.
pub type Attribute = (String, String, String);

/// A `Token`, owned.
#[derive(Clone, Debug, PartialEq)]
pub enum Owned {
    Start { name: String, namespace: String, local: String, attributes: Vec<Attribute> },
    End { name: String, namespace: String, local: String },
    Text(String),
}

impl Owned {
    fn of(token: &Token<'_>) -> Self {
        match token {
            Token::StartElement(start) => {
                let attribute = |a: ews_stream::xml::Attribute<'_>| {
                    (a.namespace().to_owned(), a.local_name().to_owned(), a.value().to_owned())
                };
                Self::Start {
                    name: start.name().to_owned(),
                    namespace: start.namespace().to_owned(),
                    local: start.local_name().to_owned(),
                    attributes: start.attributes().map(attribute).collect(),
                }
            }
            Token::EndElement(end) => Self::End {
                name: end.name().to_owned(),
                namespace: end.namespace().to_owned(),
                local: end.local_name().to_owned(),
            },
            Token::Text(text) => Self::Text((*text).to_owned()),
            _ => panic!("a token that the fuzz targets do not know: {token:?}"),
        }
    }
}

/// With the depth at which the token was lent.
impl Machine for Tokenizer {
    type Record = (Owned, usize);

    fn next(&mut self, input: &mut &[u8]) -> Result<Option<Self::Record>, Error> {
        let Some(token) = self.next_token(input)?.map(|token| Owned::of(&token)) else { return Ok(None) };
        Ok(Some((token, self.depth())))
    }

    fn skip(&mut self, input: &mut &[u8]) -> Result<bool, Error> {
        Ok(self.next_token(input)?.is_some())
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.finish()
    }

    fn reset(&mut self) {
        self.reset();
    }

    fn offset(&self) -> u64 {
        self.offset()
    }

    #[cfg(feature = "_work")]
    fn work(&self) -> u64 {
        self.work()
    }

    #[cfg(not(feature = "_work"))]
    fn work(&self) -> u64 {
        0
    }
}
