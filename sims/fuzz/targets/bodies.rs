//! Fuzzes every decoder: the first byte of the input chooses one, the rest is what it gets.
//!
//! What decodes must encode to the same bytes again; only the directory document, which is JSON,
//! may have another form. Memory is bounded by libFuzzer's own `-malloc_limit_mb`.

#![no_main]

#[path = "../../every_body.rs"]
mod every_body;

use every_body::DECODERS;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let (name, decode) = DECODERS[usize::from(*choice) % DECODERS.len()];
    if let Some(again) = decode(bytes).filter(|_| name != "Directory") {
        assert_eq!(again, bytes, "{name} has another form");
    }
});
