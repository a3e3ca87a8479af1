//! A content has one encoding, and bytes that are none do no harm.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::mimi::wire::testing::{any_bytes, any_room, any_user, config};

fn any_external() -> impl Strategy<Value = Body> {
    let strings = ("[a-z/]{0,9}", "[a-z:/.]{0,30}", "[ -~]{0,30}", "[a-z.]{0,9}");
    let numbers = any::<(u32, u64, u16, u8)>();
    let bytes = (any_bytes(), any_bytes(), any_bytes(), any_bytes());
    (strings, numbers, bytes).prop_map(|(strings, numbers, bytes)| {
        let (content_type, url, description, filename) = strings;
        let (expires, size, encryption, hash) = numbers;
        let (key, nonce, aad, content_hash) = bytes;
        Body::External(Box::new(ExternalPart {
            content_type,
            url,
            expires,
            size,
            encryption,
            key,
            nonce,
            aad,
            hash,
            content_hash,
            description,
            filename,
        }))
    })
}

fn any_part() -> impl Strategy<Value = NestedPart> {
    let part = |(disposition, language, body)| NestedPart { disposition, language, body };
    let single = ("[a-z/]{0,30}", any_bytes())
        .prop_map(|(content_type, content)| Body::Single { content_type, content });
    let leaf = prop_oneof![Just(Body::Null), single, any_external()];
    (any::<u8>(), "[a-z]{0,3}", leaf).prop_map(part).prop_recursive(3, 12, 4, move |inner| {
        let semantics = prop_oneof![
            Just(PartSemantics::ChooseOne),
            Just(PartSemantics::SingleUnit),
            Just(PartSemantics::ProcessAll),
        ];
        let several = (semantics, vec(inner, 2..4))
            .prop_map(|(semantics, parts)| Body::Multi { semantics, parts });
        (any::<u8>(), "[a-z]{0,3}", several).prop_map(part)
    })
}

fn any_extensions() -> impl Strategy<Value = Extensions> {
    // Integers from 3 on and negative ones, with a few values: null, false, [1, {}], "x".
    let name = prop_oneof![vec(3..=23u8, 1), vec(0x20..=0x37u8, 1)];
    let values: [&[u8]; 4] = [&[0xf6], &[0xf4], &[0x82, 0x01, 0xa0], &[0x61, b'x']];
    let value = prop::sample::select(values.to_vec()).prop_map(<[u8]>::to_vec);
    let others = prop::collection::btree_map(name, value, 0..4);
    (option::of(any_user()), option::of(any_room()), option::of("[ -~]{0,40}"), others).prop_map(
        |(sender, room, message_id, others)| Extensions { sender, room, message_id, others },
    )
}

fn any_content() -> impl Strategy<Value = Content> {
    let expiration =
        any::<(bool, u32)>().prop_map(|(relative, time)| Expiration { relative, time });
    let hash = || option::of(any::<[u8; 32]>());
    (any::<[u8; 16]>(), hash(), any_bytes(), option::of(expiration), hash(), any_extensions())
        .prop_flat_map(|(salt, replaces, topic, expires, in_reply_to, extensions)| {
            any_part().prop_map(move |part| Content {
                salt,
                replaces,
                topic: topic.clone(),
                expires,
                in_reply_to,
                extensions: extensions.clone(),
                part,
            })
        })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_content_reads_back_and_nothing_may_follow(content in any_content()) {
        let good = content.encode();
        prop_assert_eq!(Content::decode(&good), Ok(content));
        prop_assert!(Content::decode(&[&good[..], &[0]].concat()).is_err());
    }

    #[test]
    fn what_a_damaged_content_decodes_to_has_those_bytes(
        content in any_content(),
        at in any::<prop::sample::Index>(),
        with in any::<u8>(),
        rest in any_bytes(),
    ) {
        let good = content.encode();
        let mut flipped = good.clone();
        let place = at.index(good.len());
        flipped[place] = with;
        for bytes in [&flipped[..], &good[..place], &[&good[..place], &rest[..]].concat(), &rest] {
            if let Ok(content) = Content::decode(bytes) {
                prop_assert_eq!(content.encode(), bytes);
            }
        }
    }
}

fn hello() -> Content {
    let sender = UserUri::parse("mimi://a/u/x").unwrap();
    let room = RoomUri::parse("mimi://a/r/y").unwrap();
    Content::saying("hé", "s1 by A1".to_owned(), (sender, room), [7; 16])
}

#[test]
fn a_text_has_these_bytes() {
    let expected = [
        &[0x87, 0x50][..],
        &[7; 16],
        &[0xf6, 0x40, 0xf6, 0xf6, 0xa3],
        &[0x01, 0x6c],
        b"mimi://a/u/x",
        &[0x02, 0x6c],
        b"mimi://a/r/y",
        &[0x71],
        b"schism message id",
        &[0x68],
        b"s1 by A1",
        &[0x85, 0x01, 0x60, 0x01, 0x78, 0x18],
        b"text/plain;charset=utf-8",
        &[0x43, b'h', 0xc3, 0xa9],
    ];
    assert_eq!(hello().encode(), expected.concat());
}

#[track_caller]
fn refused(bytes: &[u8], why: &str) {
    let error = Content::decode(bytes).unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
}

#[test]
fn another_encoding_of_the_same_content_is_refused() {
    let good = hello().encode();
    // The disposition in two bytes, the map of extensions with its names in another order.
    let at = good.windows(4).position(|it| it == [0x85, 0x01, 0x60, 0x01]).unwrap();
    let longer = [&good[..=at], &[0x18, 0x01], &good[at + 2..]].concat();
    refused(&longer, "deterministic");
    let (map, room) = (23, 23 + 14);
    let swapped =
        [&good[..map], &good[room..room + 14], &good[map..room], &good[room + 14..]].concat();
    refused(&swapped, "deterministic");
}

#[test]
fn parts_lie_no_deeper_than_the_limit() {
    let mut content = hello();
    for _ in 1..MAX_DEPTH {
        let parts = vec![content.part, NestedPart::text("")];
        let body = Body::Multi { semantics: PartSemantics::ProcessAll, parts };
        content.part = NestedPart { disposition: 0, language: String::new(), body };
    }
    assert_eq!(Content::decode(&content.encode()).as_ref(), Ok(&content));
    let parts = vec![content.part, NestedPart::text("")];
    let body = Body::Multi { semantics: PartSemantics::ProcessAll, parts };
    content.part = NestedPart { disposition: 0, language: String::new(), body };
    refused(&content.encode(), "too deep");
}

#[test]
fn lengths_are_believed_only_where_the_bytes_are_there() {
    // A list of 2^63 items, a byte string of 2^63 bytes, a value of 5000 bytes.
    refused(&[0x9b, 0x80, 0, 0, 0, 0, 0, 0, 0], "another length");
    refused(&[0x87, 0x5b, 0x80, 0, 0, 0, 0, 0, 0, 0], "end of input");
    let mut content = hello();
    content.extensions.others.insert(vec![3], [&[0x59, 0x13, 0x88][..], &[0; 5_000]].concat());
    refused(&content.encode(), "too long");
}

#[test]
fn several_parts_are_at_least_two_and_a_uri_is_of_its_kind() {
    let mut content = hello();
    let body = Body::Multi { semantics: PartSemantics::ChooseOne, parts: vec![content.part] };
    content.part = NestedPart { disposition: 0, language: String::new(), body };
    refused(&content.encode(), "at least two");
    let mut bytes = hello().encode();
    let user = bytes.windows(3).position(|it| it == b"/u/").unwrap();
    bytes[user + 1] = b'r';
    refused(&bytes, "not of its kind");
}
