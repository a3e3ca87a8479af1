//! No bytes are too bad to be decoded: no panic, and no more memory than they are worth.
//!
//! Every decoder gets bytes that are made up, and bytes that begin well and promise more than they
//! hold, as a length of a gigabyte in five bytes does. A decoder may allocate at most
//! [`MOST_PER_BYTE`] bytes for each byte of its input, and [`MOST_AT_ALL`] on top. The directory
//! document is JSON and may answer in any form; all else that decodes encodes to the same bytes.
//!
//! Not here: what a server does with a bad body (`bad_requests`), and input that a fuzzer finds
//! by watching branches (`fuzz/`).

// Clippy knows tests by their attribute, and takes what they share for something else.
#![allow(clippy::unwrap_used)]

mod every_body;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use every_body::DECODERS;
use proptest::prelude::*;

/// Bytes that a decoder may allocate for each byte of input: a one-byte element of a list can
/// become a struct of this size.
const MOST_PER_BYTE: usize = 512;

/// Bytes that it may allocate whatever the input is: messages of errors, buffers of readers.
const MOST_AT_ALL: usize = 64 << 10;

/// Counts what each thread allocates.
struct Counting;

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

#[allow(unsafe_code, reason = "an allocator that counts is the only way to see allocations")]
// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATED.try_with(|sum| sum.set(sum.get().saturating_add(layout.size())));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Decodes with everything; returns what the greediest decoder allocated, and its name.
fn decode_all(bytes: &[u8]) -> (usize, &'static str) {
    let mut most = (0, "");
    for (name, decode) in DECODERS {
        let before = ALLOCATED.get();
        let decoded = decode(bytes);
        most = most.max((ALLOCATED.get() - before, name));
        if let Some(again) = decoded.filter(|_| *name != "Directory") {
            assert_eq!(again, bytes, "{name} has another form");
        }
    }
    most
}

fn within_bounds(bytes: &[u8]) {
    let (allocated, name) = decode_all(bytes);
    let bound = MOST_AT_ALL + MOST_PER_BYTE * bytes.len();
    assert!(allocated <= bound, "{name} allocates {allocated} bytes for {}", bytes.len());
}

/// Bytes as they come, with lengths among them that promise anything.
fn any_input() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte & 0x3f]),
        any::<[u8; 2]>().prop_map(|[first, second]| vec![0x40 | first & 0x3f, second]),
        any::<[u8; 4]>()
            .prop_map(|[first, rest @ ..]| [&[0x80 | first & 0x3f], &rest[..]].concat()),
    ];
    let number = any::<u16>().prop_map(|number| number.to_be_bytes().to_vec());
    let small = (0..5u8).prop_map(|byte| vec![byte]);
    let text = prop::sample::select(vec![
        b"mimi://a.example/r/room".to_vec(),
        b"mimi://a.example/u/alice".to_vec(),
        vec![0, 1, 0, 1],
        vec![0, 1, 0, 2],
        vec![0x87],
    ]);
    let bytes = prop::collection::vec(any::<u8>(), 0..40);
    let piece = prop_oneof![4 => length, 3 => small, 2 => number, 2 => text, 1 => bytes];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..<_>::default() })]

    #[test]
    fn every_decoder_takes_any_bytes_in_bounded_memory(bytes in any_input()) {
        within_bounds(&bytes);
    }
}

#[test]
fn a_length_of_a_gigabyte_takes_no_gigabyte() {
    for first in 0..=255 {
        for lead in 0..12 {
            let mut bytes = vec![first; lead];
            bytes.extend([0xbf, 0xff, 0xff, 0xff, 1, 2, 3]);
            within_bounds(&bytes);
        }
    }
}

#[test]
fn the_counter_sees_what_is_allocated() {
    let before = ALLOCATED.get();
    let block = std::hint::black_box(vec![7u8; 5_000]);
    assert!(ALLOCATED.get() - before >= block.len());
}
