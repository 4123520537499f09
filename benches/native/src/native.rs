//! The parsers behind the shims, in `../shims`.

use std::ffi::{CStr, c_char, c_int};

use crate::peers::Sum;
use crate::streams::Stream;

#[repr(C)]
struct Span {
    begin: usize,
    end: usize,
}

#[repr(C)]
struct Input {
    bytes: *const u8,
    documents: *const Span,
    count: usize,
    chunk: usize,
}

#[repr(C)]
#[derive(Default)]
struct NativeSum {
    events: u64,
    statuses: u64,
    values: u64,
}

type Read = unsafe extern "C" fn(*const Input, *mut NativeSum) -> c_int;

unsafe extern "C" {
    fn expat_every(input: *const Input, sum: *mut NativeSum) -> c_int;
    fn expat_touch(input: *const Input, sum: *mut NativeSum) -> c_int;
    fn libxml2_every(input: *const Input, sum: *mut NativeSum) -> c_int;
    fn libxml2_touch(input: *const Input, sum: *mut NativeSum) -> c_int;
    fn pugixml_every(input: *const Input, sum: *mut NativeSum) -> c_int;
    fn pugixml_touch(input: *const Input, sum: *mut NativeSum) -> c_int;
    fn rapidxml_every(input: *const Input, sum: *mut NativeSum) -> c_int;
    fn rapidxml_touch(input: *const Input, sum: *mut NativeSum) -> c_int;
    fn expat_version() -> *const c_char;
    fn libxml2_version() -> *const c_char;
    fn pugixml_version() -> c_int;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Native {
    /// C, callbacks, namespaces.
    Expat,
    /// C, callbacks, namespaces.
    Libxml2,
    /// C++, a tree; no namespaces.
    Pugixml,
    /// C++, a tree; no namespaces, and hardly a check.
    RapidXml,
}

impl Native {
    pub(crate) const ALL: [Self; 4] = [Self::Expat, Self::Libxml2, Self::Pugixml, Self::RapidXml];
    /// Those that take bytes as they come.
    pub(crate) const PUSHED: [Self; 2] = [Self::Expat, Self::Libxml2];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Expat => "expat",
            Self::Libxml2 => "libxml2 push",
            Self::Pugixml => "pugixml",
            Self::RapidXml => "RapidXml",
        }
    }

    fn functions(self) -> (Read, Read) {
        match self {
            Self::Expat => (expat_every, expat_touch),
            Self::Libxml2 => (libxml2_every, libxml2_touch),
            Self::Pugixml => (pugixml_every, pugixml_touch),
            Self::RapidXml => (rapidxml_every, rapidxml_touch),
        }
    }

    /// A sum of every byte of every value.
    pub(crate) fn read_every(self, prepared: &mut Prepared, chunk: usize) -> Sum {
        call(self.functions().0, prepared, chunk)
    }

    /// A sum that costs next to nothing.
    pub(crate) fn read_touch(self, prepared: &mut Prepared, chunk: usize) -> Sum {
        call(self.functions().1, prepared, chunk)
    }
}

/// A stream with a NUL behind each document: where `RapidXml`, told nothing else, finds its end.
pub(crate) struct Prepared {
    fresh: Vec<u8>,
    /// What the trees are built in, and spoil.
    bytes: Vec<u8>,
    spans: Vec<Span>,
}

impl Prepared {
    pub(crate) fn new(stream: &Stream) -> Self {
        let (mut fresh, mut spans) = (Vec::new(), Vec::new());
        for document in &stream.documents {
            let begin = fresh.len();
            fresh.extend_from_slice(&stream.bytes[document.clone()]);
            spans.push(Span { begin, end: fresh.len() });
            fresh.push(0);
        }
        Self { bytes: fresh.clone(), fresh, spans }
    }

    /// As it was before it was read in place.
    pub(crate) fn restore(&mut self) {
        self.bytes.copy_from_slice(&self.fresh);
    }
}

fn call(read: Read, prepared: &mut Prepared, chunk: usize) -> Sum {
    let (bytes, spans) = (prepared.bytes.as_mut_ptr(), &prepared.spans);
    let input = Input { bytes, documents: spans.as_ptr(), count: spans.len(), chunk };
    let mut sum = NativeSum::default();
    // SAFETY: the layouts are those of `shims/sink.h`; what `input` points to outlives the call and is not used otherwise
    // while it lasts; the functions stay within the spans and the NUL behind each.
    let result = unsafe { read(&raw const input, &raw mut sum) };
    assert_eq!(result, 0, "the documents are well-formed");
    Sum { events: sum.events, statuses: sum.statuses, values: sum.values }
}

pub(crate) fn versions() -> String {
    // SAFETY: constant strings, and a number
    let (expat, libxml2, pugixml) = unsafe {
        let text = |version| CStr::from_ptr(version).to_string_lossy().into_owned();
        (text(expat_version()), text(libxml2_version()), pugixml_version())
    };
    let expat = expat.trim_start_matches("expat_");
    let (major, minor) = (pugixml / 1000, pugixml % 1000 / 10);
    format!("expat {expat}, libxml2 {libxml2}, pugixml {major}.{minor}, RapidXml (header)")
}
