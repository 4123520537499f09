//! What is done with the values that a parser takes out.

/// Says which value it is; a change key has the number of its id, and [`Field::CHANGE_KEY`] more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Kind,
    Subscription,
    TimeStamp,
    UnreadCount,
    ConnectionStatus,
    Item,
    Folder,
    ParentFolder,
    OldItem,
    OldFolder,
    OldParentFolder,
}

impl Field {
    const CHANGE_KEY: u64 = 16;

    fn number(self) -> u64 {
        self as u64 + 1
    }
}

/// Takes values, in any order within an event.
pub trait Sink: Default {
    /// An event begins; the values of the event before it are all in.
    fn event(&mut self, kind: &str);
    fn text(&mut self, field: Field, value: &str);
    fn change_key(&mut self, of: Field, value: &str);
    fn count(&mut self, value: i32);
    fn sum(&self) -> Sum;
}

/// What is left of all values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub events: u64,
    pub statuses: u64,
    pub values: u64,
}

impl Sum {
    fn add(&mut self, number: u64, value: u64) {
        self.statuses += u64::from(number == Field::ConnectionStatus.number());
        self.values = self.values.wrapping_add(value.wrapping_mul(2 * number + 1));
    }
}

/// Every byte of every value, and which event it is of (FNV-1a): for the proof that all parsers read the same.
#[derive(Default)]
pub struct Every(Sum);

impl Every {
    fn add(&mut self, number: u64, value: &str) {
        let begin = 0xCBF2_9CE4_8422_2325 ^ self.0.events;
        let hash = value.bytes().fold(begin, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
        self.0.add(number, hash);
    }
}

impl Sink for Every {
    fn event(&mut self, kind: &str) {
        self.0.events += 1;
        self.text(Field::Kind, kind);
    }

    fn text(&mut self, field: Field, value: &str) {
        self.add(field.number(), value);
    }

    fn change_key(&mut self, of: Field, value: &str) {
        self.add(of.number() + Field::CHANGE_KEY, value);
    }

    fn count(&mut self, value: i32) {
        self.add(Field::UnreadCount.number(), &value.to_string());
    }

    fn sum(&self) -> Sum {
        self.0
    }
}

/// The length and the last byte of every value: next to nothing, so that the parsers are measured and not this.
#[derive(Default)]
pub struct Touch(Sum);

impl Touch {
    #[inline]
    fn add(&mut self, number: u64, value: &str) {
        self.0.add(number, value.len() as u64 ^ value.as_bytes().last().map_or(0, |&last| u64::from(last) << 32));
    }
}

impl Sink for Touch {
    #[inline]
    fn event(&mut self, kind: &str) {
        self.0.events += 1;
        self.text(Field::Kind, kind);
    }

    #[inline]
    fn text(&mut self, field: Field, value: &str) {
        self.add(field.number(), value);
    }

    #[inline]
    fn change_key(&mut self, of: Field, value: &str) {
        self.add(of.number() + Field::CHANGE_KEY, value);
    }

    #[inline]
    fn count(&mut self, value: i32) {
        self.0.add(Field::UnreadCount.number(), u64::from(value.unsigned_abs()));
    }

    #[inline]
    fn sum(&self) -> Sum {
        self.0
    }
}
