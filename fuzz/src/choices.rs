//! Bytes as decisions about how something is written. When they are used up, everything is written the plain way.

/// A reader of decisions.
pub struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// A number below `count`; 0 when there is nothing left to decide by.
    pub fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % count.max(1)
    }

    /// One of these; the first when there is nothing left to decide by.
    pub fn of<T: Copy>(&mut self, values: &[T]) -> T {
        let at = self.below(values.len());
        values[at]
    }

    /// True one time in `count`.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }
}
