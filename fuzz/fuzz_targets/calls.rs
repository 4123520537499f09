#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ews_stream_fuzz::calls::calls(data));
