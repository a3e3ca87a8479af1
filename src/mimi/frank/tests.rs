//! What a frank holds, and what it does not. Signatures are pretended: a key signs a text by
//! standing in front of it.

use super::*;

const HUB_KEY: [u8; 32] = [9; 32];
const AGENT_KEY: [u8; 2] = [3, 4];

fn user(name: &str) -> UserUri {
    UserUri::parse(&format!("mimi://b.example/u/{name}")).unwrap()
}

fn room(name: &str) -> RoomUri {
    RoomUri::parse(&format!("mimi://a.example/r/{name}")).unwrap()
}

fn sign(key: &[u8], text: &[u8]) -> Vec<u8> {
    [key, text].concat()
}

fn verify(key: &[u8], text: &[u8], signature: &[u8]) -> bool {
    sign(key, text) == signature
}

/// A message of Bob's in the clubhouse, as an honest hub delivers it.
struct Delivery {
    sender: UserUri,
    room: RoomUri,
    agent: FrankingAgent,
    accepted_at: u64,
    frank: Frank,
    tag: Option<Tag>,
    content: Content,
    plaintext: Vec<u8>,
}

fn franked(content: Content) -> Delivery {
    let (sender, room) = (user("bob"), room("clubhouse"));
    let plaintext = content.encode();
    let tag = franking_tag(&content.salt, &plaintext);
    let context = FrankingContext { sender: sender.clone(), room: room.clone(), accepted_at: 7 };
    let server_frank = context.server_frank(&HUB_KEY, &tag);
    let signature = sign(&AGENT_KEY, &context.to_be_signed(&server_frank, 1));
    Delivery {
        sender,
        room,
        agent: FrankingAgent { key: AGENT_KEY.to_vec(), identity: b"mimi://a.example".to_vec() },
        accepted_at: 7,
        frank: Frank { server_frank, cipher_suite: 1, signature },
        tag: Some(tag),
        content,
        plaintext,
    }
}

fn hello() -> Content {
    let said_by = (user("bob"), room("clubhouse"));
    Content::saying("hello", "s1 by B1".to_owned(), said_by, [7; 16])
}

impl Delivery {
    fn received(&self) -> Received<'_> {
        Received {
            sender: &self.sender,
            room: &self.room,
            cipher_suite: 1,
            accepted_at: self.accepted_at,
            tag: self.tag,
            application_data: &self.plaintext,
            content: &self.content,
        }
    }

    fn judged(&self) -> Result<(), String> {
        judge_frank(&self.received(), &self.frank, &self.agent, verify)
    }

    fn reported(&self) -> AbusiveMessage {
        let (content, frank) = (self.plaintext.clone(), self.frank.clone());
        AbusiveMessage { content, frank, accepted_at: self.accepted_at }
    }

    fn verified(&self) -> Result<UserUri, String> {
        let verify = |text: &[u8], signature: &[u8]| verify(&AGENT_KEY, text, signature);
        verify_report(&self.reported(), &room("clubhouse"), &HUB_KEY, verify)
    }
}

#[test]
fn a_frank_holds_for_its_receivers_and_for_its_hub() {
    let delivery = franked(hello());
    assert_eq!(delivery.judged(), Ok(()));
    assert_eq!(judge_tag(&delivery.received()), Ok(()));
    assert_eq!(judge_names(&delivery.received()), Ok(()));
    assert_eq!(delivery.verified(), Ok(user("bob")));
}

#[test]
fn a_receiver_finds_each_change_that_a_follower_could_make_to_a_frank() {
    let changes: [fn(&mut Delivery); 7] = [
        |it| it.accepted_at += 1,
        |it| it.frank.server_frank[0] ^= 1,
        |it| it.frank.signature[0] ^= 1,
        |it| it.frank.cipher_suite = 2,
        |it| it.room = room("attic"),
        |it| it.sender = user("eve"),
        |it| it.tag = None,
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut delivery = franked(hello());
        change(&mut delivery);
        assert!(delivery.judged().is_err(), "change {number}");
    }
}

#[test]
fn an_agent_of_another_domain_than_the_hubs_franks_nothing() {
    let mut delivery = franked(hello());
    delivery.agent.identity = b"mimi://b.example".to_vec();
    assert!(delivery.judged().unwrap_err().contains("domain"));
}

#[test]
fn a_tag_of_another_plaintext_is_found_by_the_receiver() {
    let mut delivery = franked(hello());
    delivery.tag.as_mut().unwrap()[31] ^= 1;
    assert!(judge_tag(&delivery.received()).is_err());
    delivery.tag = None;
    assert_eq!(judge_tag(&delivery.received()), Ok(()), "a message without a tag has no wrong one");
}

#[test]
fn a_content_that_names_another_sender_or_room_or_none_is_found_by_the_receiver() {
    let mut content = hello();
    content.extensions.sender = Some(user("eve"));
    assert!(judge_names(&franked(content).received()).unwrap_err().contains("eve"));
    let mut content = hello();
    content.extensions.room = Some(room("attic"));
    assert!(judge_names(&franked(content).received()).unwrap_err().contains("attic"));
    let mut content = hello();
    content.extensions.sender = None;
    let mut delivery = franked(content);
    assert!(judge_names(&delivery.received()).is_err());
    delivery.tag = None;
    assert_eq!(judge_names(&delivery.received()), Ok(()), "unless nothing is franked");
}

#[test]
fn a_report_of_what_was_never_said_or_by_somebody_else_is_no_evidence() {
    let mut delivery = franked(hello());
    delivery.accepted_at = 8;
    assert!(delivery.verified().unwrap_err().contains("franked no such message"));
    let mut content = hello();
    content.part = crate::mimi::content::NestedPart::text("never said");
    let mut delivery = franked(hello());
    delivery.plaintext = content.encode();
    assert!(delivery.verified().unwrap_err().contains("franked no such message"));
    let mut content = hello();
    content.extensions.sender = Some(user("eve"));
    assert!(franked(content).verified().unwrap_err().contains("franked no such message"));
    let mut delivery = franked(hello());
    delivery.frank.signature.clear();
    assert!(delivery.verified().unwrap_err().contains("signature"));
    let mut content = hello();
    content.extensions.room = Some(room("attic"));
    assert!(franked(content).verified().unwrap_err().contains("not of this room"));
    let mut delivery = franked(hello());
    delivery.plaintext = b"hello".to_vec();
    assert!(delivery.verified().unwrap_err().contains("not a MIMI content"));
}

/// What the draft does not say: the signature is over the sender, and a follower has the agent's
/// key and the list of participants from the handshakes that it carries.
#[test]
fn a_follower_that_tries_all_participants_finds_the_sender_of_a_franked_message() {
    let Delivery { room, accepted_at, agent, frank, .. } = franked(hello());
    let signed_for = |name: &&str| {
        let (sender, room) = (user(name), room.clone());
        let context = FrankingContext { sender, room, accepted_at };
        let text = context.to_be_signed(&frank.server_frank, frank.cipher_suite);
        verify(&agent.key, &text, &frank.signature)
    };
    let found: Vec<_> = ["alice", "bob", "cathy"].into_iter().filter(signed_for).collect();
    assert_eq!(found, ["bob"]);
}

#[test]
fn a_tag_travels_as_the_one_item_of_safe_aad() {
    let tag = [5; 32];
    let data = authenticated_data(&tag);
    assert_eq!(data, [&[35, 0x00, 0x20, 32][..], &[5; 32]].concat());
    assert_eq!(tag_of(&data), Ok(Some(tag)));
    assert_eq!(tag_of(&[]), Ok(None));
    // An item of another component only; a tag that is too short; more after the end.
    assert_eq!(tag_of(&[4, 0, 1, 1, 5]), Ok(None));
    assert!(tag_of(&[4, 0, 0x20, 1, 5]).is_err());
    assert!(tag_of(&[&data[..], &[0]].concat()).is_err());
    assert!(tag_of(b"anything").is_err());
}

#[test]
fn the_hub_signs_these_bytes() {
    let context = FrankingContext {
        sender: UserUri::parse("mimi://a/u/x").unwrap(),
        room: RoomUri::parse("mimi://a/r/y").unwrap(),
        accepted_at: 5,
    };
    let expected = [
        &[0xff; 32][..],
        &[0, 1, 12],
        b"mimi://a/u/x",
        &[12],
        b"mimi://a/r/y",
        &[0, 0, 0, 0, 0, 0, 0, 5],
    ];
    assert_eq!(context.to_be_signed(&[0xff; 32], 1), expected.concat());
}

/// RFC 4231, test case 2: no key of this module's own choosing.
#[test]
fn the_hmac_is_the_one_of_rfc_2104_over_sha_256() {
    let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(hex::encode(hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"])), expected);
}
