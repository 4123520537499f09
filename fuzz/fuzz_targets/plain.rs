#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ews_stream_fuzz::plain::plain(data));
