//! Which subscription has which id of the server's. Depends on everything the session knows.

use super::Session;
use super::event::SubscriptionKey;
use crate::request::Text;

/// No server's id is longer than a few hundred bytes. What is has no place in requests that hold two hundred of them.
const LONGEST: usize = 1024;

/// The id that a server has given, if it can be one.
pub(super) fn acceptable(id: &str) -> Option<Text> {
    if id.len() <= LONGEST { Text::new(id).ok() } else { None }
}

impl Session {
    pub(super) fn hash(&self, id: &str) -> u64 {
        hash(self.hash_seed, id)
    }

    /// Who has this id.
    pub(super) fn holder(&self, id: &str) -> Option<SubscriptionKey> {
        let hash = self.hash(id);
        let first = SubscriptionKey { index: 0, generation: 0 };
        let mut same = self.ids.range((hash, first)..).take_while(|(other, _)| *other == hash);
        same.find(|(_, key)| self.subscription_id(*key) == Some(id)).map(|(_, key)| *key)
    }

    /// `vouched`: the breaks that the session had seen when the server was asked for the id.
    pub(super) fn set_id(&mut self, key: SubscriptionKey, id: Text, vouched: u32) {
        self.ids.insert((self.hash(id.as_str()), key));
        let now = self.now;
        if let Some(record) = self.table.get_mut(key) {
            record.id = Some(id);
            record.vouched = vouched;
            record.heard = now;
        }
    }

    pub(super) fn forget_id(&mut self, key: SubscriptionKey) {
        let Some(record) = self.table.get_mut(key) else { return };
        if let Some(id) = record.id.take() {
            self.ids.remove(&(hash(self.hash_seed, id.as_str()), key));
        }
    }
}

/// FNV-1a, from the session's seed. Only ever compared together with the id itself.
pub(super) fn hash(seed: u64, id: &str) -> u64 {
    id.bytes().fold(seed ^ 0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::hash;

    /// Of the test vectors that come with the function.
    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(hash(0, ""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(hash(0, "a"), 0xAF63_DC4C_8601_EC8C);
        assert_eq!(hash(0, "foobar"), 0x8594_4171_F739_67E8);
        assert_eq!(hash(1, ""), 0xCBF2_9CE4_8422_2324);
    }
}
