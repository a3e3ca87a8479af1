//! What a client and its own provider say to each other.
//!
//! The drafts leave this leg to the provider (R3), so it is ours. It is as small as the room
//! protocol allows: a client leaves KeyPackages with its provider, hands it requests for a hub,
//! and empties its mailbox. All are POST requests to paths under `/client/{client URI}/`, escaped
//! as [`Route`](super::wire::Route) says. The transport tells the provider which client dialled
//! it, and the provider refuses a path that names another.
//!
//! Key material, updates, messages and GroupInfo requests have the bodies of the endpoints that
//! they are passed on to, and so have their responses. Creating a room and unsubscribing have
//! responses without a body: the HTTP status tells.
//!
//! A mailbox counts what is put into it, from 1. The client says up to which number it has
//! everything on its disk, and only then may the provider drop it: a response can be lost, and
//! the client can crash, without anything being lost with them.
//!
//! Not here: what a provider does with these.

use super::room::FrankingAgent;
use super::uri::{ClientUri, ProviderName, RoomUri, UserUri, is_name};
use super::wire::codec::{Reader, Writer};
use super::wire::{
    AssetUrl, ExternalSender, Framing, RatchetTreeOption, WireError, escape, unescape,
};

/// A path of this interface: who wants what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalRoute {
    /// Who; a client of the provider that is asked.
    pub client: ClientUri,
    /// What.
    pub errand: Errand,
}

/// What a client wants of its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// Leave KeyPackages: [`PublishKeyPackages`], answered without a body.
    PublishKeyPackages,
    /// Fetch what has come: [`MailboxRequest`], [`MailboxResponse`].
    Mailbox,
    /// Learn the keys with which the provider signs as a hub: [`HubKeys`]. No body.
    HubKey,
    /// Open a room with the provider as its hub: [`CreateRoomRequest`], answered 201, or 409 where
    /// the room exists.
    CreateRoom(RoomUri),
    /// Get KeyPackages of a user, through the hub of the room that the request names.
    KeyMaterial(UserUri),
    /// Send a commit or proposals to the room's hub.
    Update(RoomUri),
    /// Send an application message to the room's hub.
    SubmitMessage(RoomUri),
    /// Get the room's GroupInfo from its hub.
    GroupInfo(RoomUri),
    /// Get nothing of this room any more: [`UnsubscribeRequest`], answered without a body.
    Unsubscribe(RoomUri),
    /// Report abuse to the room's hub, answered without a body.
    ReportAbuse(RoomUri),
    /// Ask for consent, give it, or take either back: a
    /// [`ConsentEntry`](super::wire::ConsentEntry), answered without a body.
    Consent,
    /// End the user's account. No body, answered without one; from then on the provider answers
    /// 410 to all clients of the user.
    DeleteAccount,
    /// Learn which of a provider's users is meant: an
    /// [`IdentifierRequest`](super::wire::IdentifierRequest), answered as that provider answers.
    FindUser(ProviderName),
    /// Leave an asset of this name for others to download: the asset, answered without a body.
    Upload(String),
    /// Get an asset through this hub. No body, answered with the asset.
    Download(ProviderName, AssetUrl),
    /// Have the room's hub sign which commit led to an epoch: a
    /// [`ReceiptRequest`](super::watch::ReceiptRequest), answered as the hub answers.
    Receipt(RoomUri),
    /// Say which providers have participants in the room: [`Peers`](super::watch::Peers), answered
    /// without a body.
    Peers(RoomUri),
}

impl Errand {
    /// The room that its path names, if any.
    pub fn room(&self) -> Option<&RoomUri> {
        match self {
            Self::CreateRoom(room)
            | Self::Update(room)
            | Self::SubmitMessage(room)
            | Self::GroupInfo(room)
            | Self::Unsubscribe(room)
            | Self::ReportAbuse(room)
            | Self::Receipt(room)
            | Self::Peers(room) => Some(room),
            _ => None,
        }
    }
}

impl LocalRoute {
    /// Its name in traces: `client/` and the part of the path that names the errand.
    pub fn endpoint(&self) -> &'static str {
        match self.errand {
            Errand::PublishKeyPackages => "client/publishKeyPackages",
            Errand::Mailbox => "client/mailbox",
            Errand::HubKey => "client/hubKey",
            Errand::CreateRoom(_) => "client/createRoom",
            Errand::KeyMaterial(_) => "client/keyMaterial",
            Errand::Update(_) => "client/update",
            Errand::SubmitMessage(_) => "client/submitMessage",
            Errand::GroupInfo(_) => "client/groupInfo",
            Errand::Unsubscribe(_) => "client/unsubscribe",
            Errand::ReportAbuse(_) => "client/reportAbuse",
            Errand::Consent => "client/consent",
            Errand::DeleteAccount => "client/deleteAccount",
            Errand::FindUser(_) => "client/findUser",
            Errand::Upload(_) => "client/upload",
            Errand::Download(..) => "client/download",
            Errand::Receipt(_) => "client/receipt",
            Errand::Peers(_) => "client/peers",
        }
    }

    /// Reads what follows the client in a path, segment by segment; none where it leads nowhere.
    pub(super) fn parse(client: ClientUri, segments: &[&str]) -> Option<Self> {
        let errand = match *segments {
            ["publishKeyPackages"] => Errand::PublishKeyPackages,
            ["mailbox"] => Errand::Mailbox,
            ["hubKey"] => Errand::HubKey,
            ["createRoom", room] => Errand::CreateRoom(unescape(room)?),
            ["keyMaterial", user] => Errand::KeyMaterial(unescape(user)?),
            ["update", room] => Errand::Update(unescape(room)?),
            ["submitMessage", room] => Errand::SubmitMessage(unescape(room)?),
            ["groupInfo", room] => Errand::GroupInfo(unescape(room)?),
            ["unsubscribe", room] => Errand::Unsubscribe(unescape(room)?),
            ["reportAbuse", room] => Errand::ReportAbuse(unescape(room)?),
            ["consent"] => Errand::Consent,
            ["deleteAccount"] => Errand::DeleteAccount,
            ["findUser", provider] => Errand::FindUser(unescape(provider)?),
            ["upload", name] if is_name(name) => Errand::Upload(name.to_owned()),
            ["receipt", room] => Errand::Receipt(unescape(room)?),
            ["peers", room] => Errand::Peers(unescape(room)?),
            ["download", hub, url] => Errand::Download(unescape(hub)?, unescape(url)?),
            _ => return None,
        };
        Some(Self { client, errand })
    }

    /// The path that leads here.
    pub(super) fn path(&self) -> String {
        let name = self.endpoint().trim_start_matches("client/");
        let path = format!("/client/{}/{name}", escape(&self.client));
        match &self.errand {
            Errand::PublishKeyPackages
            | Errand::Mailbox
            | Errand::HubKey
            | Errand::Consent
            | Errand::DeleteAccount => path,
            Errand::FindUser(provider) => format!("{path}/{provider}"),
            Errand::Upload(name) => format!("{path}/{name}"),
            Errand::Download(hub, url) => format!("{path}/{hub}/{}", escape(url)),
            Errand::KeyMaterial(user) => format!("{path}/{}", escape(user)),
            Errand::CreateRoom(room)
            | Errand::Update(room)
            | Errand::SubmitMessage(room)
            | Errand::GroupInfo(room)
            | Errand::Unsubscribe(room)
            | Errand::ReportAbuse(room)
            | Errand::Receipt(room)
            | Errand::Peers(room) => format!("{path}/{}", escape(room)),
        }
    }
}

/// KeyPackages for the provider to hand out, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishKeyPackages {
    /// Bare KeyPackages; each an `opaque<V>`.
    pub key_packages: Vec<Vec<u8>>,
}

impl PublishKeyPackages {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        Writer::default().list(&self.key_packages, |writer, it| writer.opaque(it)).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("PublishKeyPackages", bytes, |reader| {
            let key_packages =
                reader.list("a list of KeyPackages", |reader| reader.opaque("a KeyPackage"))?;
            Ok(Self { key_packages })
        })
    }
}

/// Asks for what has come into the client's mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxRequest {
    /// Number of the last item that is on the client's disk, 0 for none. The provider may drop
    /// the items up to it, and answers with those after it.
    pub cursor: u64,
    /// Milliseconds that the provider may wait for an item where it has none.
    pub wait_ms: u32,
}

impl MailboxRequest {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        Writer::default().put(&self.cursor).put(&self.wait_ms).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("MailboxRequest", bytes, |reader| {
            Ok(Self { cursor: reader.take("a cursor")?, wait_ms: reader.take("a waiting time")? })
        })
    }
}

/// One thing that came for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxItem {
    /// Its number in the mailbox, from 1.
    pub sequence: u64,
    /// The room that it is about.
    pub room: RoomUri,
    /// One encoded [`FanoutMessage`](super::wire::FanoutMessage).
    pub body: Vec<u8>,
}

/// What is in the mailbox after the cursor, in order; as much as the provider sees fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxResponse {
    /// Lowest number that the provider still has, or will give next. Where it is greater than the
    /// cursor + 1, the items between are gone for good; where it is less, the provider has lost
    /// what it had, and counts anew from there.
    pub first_kept: u64,
    /// The items.
    pub items: Vec<MailboxItem>,
    /// The rooms whose events the client gets. One that it knows nothing of tells a client that
    /// its own disk is older than it thought.
    pub rooms: Vec<RoomUri>,
}

impl MailboxResponse {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        let item = |writer: Writer, item: &MailboxItem| {
            writer.put(&item.sequence).uri(&item.room).opaque(&item.body)
        };
        let room = |writer: Writer, room: &RoomUri| writer.uri(room);
        Writer::default()
            .put(&self.first_kept)
            .list(&self.items, item)
            .list(&self.rooms, room)
            .done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let item = |reader: &mut Reader| {
            Ok(MailboxItem {
                sequence: reader.take("an item's number")?,
                room: reader.uri("an item's room")?,
                body: reader.opaque("an item's body")?,
            })
        };
        Reader::whole("MailboxResponse", bytes, |reader| {
            Ok(Self {
                first_kept: reader.take("the lowest number kept")?,
                items: reader.list("a list of items", item)?,
                rooms: reader.list("a list of rooms", |reader| reader.uri("a room"))?,
            })
        })
    }
}

/// Says that the client is out of a room and wants no more of its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsubscribeRequest {
    /// Number of the last item about the room that the client has read. Where a later one lets it
    /// in again, the request comes too late and means nothing.
    pub seen: u64,
}

impl UnsubscribeRequest {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        Writer::default().put(&self.seen).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("UnsubscribeRequest", bytes, |reader| {
            Ok(Self { seen: reader.take("an item's number")? })
        })
    }
}

/// The keys of a hub, as the groups of its rooms name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubKeys {
    /// Signs the hub's own proposals (P06 §7.4).
    pub external_sender: ExternalSender,
    /// Signs franks (P06 §5.4.1).
    pub franking_agent: FrankingAgent,
}

impl HubKeys {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        self.external_sender.write(Writer::default()).put(&self.franking_agent).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("HubKeys", bytes, |reader| {
            let external_sender = ExternalSender::read(reader)?;
            Ok(Self { external_sender, franking_agent: reader.take("a franking agent")? })
        })
    }
}

/// What a provider needs to become the hub of a new room: the group at epoch 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRoomRequest {
    /// A bare GroupInfo, without the ratchet tree.
    pub group_info: Vec<u8>,
    /// The ratchet tree.
    pub ratchet_tree: RatchetTreeOption,
}

impl CreateRoomRequest {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        self.ratchet_tree.write(Writer::default().raw(&self.group_info)).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8], framing: &dyn Framing) -> Result<Self, WireError> {
        Reader::whole("CreateRoomRequest", bytes, |reader| {
            Ok(Self {
                group_info: reader.framed(|it| framing.group_info(it), "a GroupInfo")?,
                ratchet_tree: reader.ratchet_tree()?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mimi::wire::Route;
    use crate::mimi::wire::testing::{
        FakeFraming, any_bytes, any_client, any_credential, any_group_info, any_provider, any_room,
        any_tree, any_user, bytes, holds,
    };

    fn any_errand() -> impl Strategy<Value = Errand> {
        prop_oneof![
            Just(Errand::PublishKeyPackages),
            Just(Errand::Mailbox),
            any_room().prop_map(Errand::CreateRoom),
            any_user().prop_map(Errand::KeyMaterial),
            any_room().prop_map(Errand::Update),
            any_room().prop_map(Errand::SubmitMessage),
            any_room().prop_map(Errand::GroupInfo),
            any_room().prop_map(Errand::Unsubscribe),
            any_room().prop_map(Errand::ReportAbuse),
            Just(Errand::Consent),
            Just(Errand::DeleteAccount),
            any_provider().prop_map(Errand::FindUser),
            "[A-Za-z0-9_.-]{1,12}".prop_map(Errand::Upload),
            (any_provider(), any_provider(), "[A-Za-z0-9_.-]{1,12}")
                .prop_map(|(hub, host, name)| Errand::Download(hub, AssetUrl { host, name })),
        ]
    }

    proptest! {
        #![proptest_config(crate::mimi::wire::testing::config())]

        #[test]
        fn a_local_path_leads_back_to_its_route(client in any_client(), errand in any_errand()) {
            let route = Route::Client(LocalRoute { client, errand });
            prop_assert_eq!(Route::parse(&route.path()), Some(route));
        }
    }

    #[test]
    fn a_local_path_names_the_client_the_errand_and_the_room() {
        let client = ClientUri::parse("mimi://b.example/d/B1").unwrap();
        let room = RoomUri::parse("mimi://a.example/r/x").unwrap();
        let route = Route::Client(LocalRoute { client, errand: Errand::Update(room) });
        assert_eq!(
            route.path(),
            "/client/mimi%3A%2F%2Fb.example%2Fd%2FB1/update/mimi%3A%2F%2Fa.example%2Fr%2Fx"
        );
        assert_eq!(route.endpoint(), "client/update");
    }

    #[test]
    fn a_publication_reads_back_and_damage_does_no_harm() {
        let bodies = prop::collection::vec(any_bytes(), 0..4)
            .prop_map(|key_packages| PublishKeyPackages { key_packages });
        holds(bodies, PublishKeyPackages::encode, PublishKeyPackages::decode);
    }

    #[test]
    fn a_mailbox_request_reads_back_and_damage_does_no_harm() {
        let bodies =
            any::<(u64, u32)>().prop_map(|(cursor, wait_ms)| MailboxRequest { cursor, wait_ms });
        holds(bodies, MailboxRequest::encode, MailboxRequest::decode);
    }

    #[test]
    fn a_mailbox_response_reads_back_and_damage_does_no_harm() {
        let item = (any::<u64>(), any_room(), any_bytes())
            .prop_map(|(sequence, room, body)| MailboxItem { sequence, room, body });
        let rooms = prop::collection::vec(any_room(), 0..3);
        let bodies = (any::<u64>(), prop::collection::vec(item, 0..4), rooms)
            .prop_map(|(first_kept, items, rooms)| MailboxResponse { first_kept, items, rooms });
        holds(bodies, MailboxResponse::encode, MailboxResponse::decode);
    }

    #[test]
    fn keys_of_a_hub_read_back_and_damage_does_no_harm() {
        let sender = (any_bytes(), any_credential())
            .prop_map(|(key, credential)| ExternalSender { key, credential });
        let agent =
            (any_bytes(), any_bytes()).prop_map(|(key, identity)| FrankingAgent { key, identity });
        let bodies = (sender, agent).prop_map(|(external_sender, franking_agent)| HubKeys {
            external_sender,
            franking_agent,
        });
        holds(bodies, HubKeys::encode, HubKeys::decode);
    }

    #[test]
    fn an_unsubscription_reads_back_and_damage_does_no_harm() {
        let bodies = any::<u64>().prop_map(|seen| UnsubscribeRequest { seen });
        holds(bodies, UnsubscribeRequest::encode, UnsubscribeRequest::decode);
    }

    #[test]
    fn a_room_creation_reads_back_and_damage_does_no_harm() {
        let bodies = (any_group_info(), any_tree())
            .prop_map(|(group_info, ratchet_tree)| CreateRoomRequest { group_info, ratchet_tree });
        holds(bodies, CreateRoomRequest::encode, |it| CreateRoomRequest::decode(it, &FakeFraming));
    }

    #[test]
    fn local_bodies_have_these_bytes() {
        let publication = PublishKeyPackages { key_packages: vec![vec![7, 8], vec![9]] };
        assert_eq!(publication.encode(), [5, 2, 7, 8, 1, 9]);
        let request = MailboxRequest { cursor: 3, wait_ms: 258 };
        assert_eq!(request.encode(), [0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 1, 2]);
        let room = RoomUri::parse("mimi://a/r/x").unwrap();
        let rooms = vec![room.clone()];
        let items = vec![MailboxItem { sequence: 4, room, body: vec![0xbb] }];
        assert_eq!(
            MailboxResponse { first_kept: 1, items, rooms }.encode(),
            bytes(&[
                &[0, 0, 0, 0, 0, 0, 0, 1, 23, 0, 0, 0, 0, 0, 0, 0, 4, 12],
                b"mimi://a/r/x",
                &[1, 0xbb],
                &[13, 12],
                b"mimi://a/r/x",
            ])
        );
        let tree = RatchetTreeOption::Full(vec![1, 0]);
        let creation = CreateRoomRequest { group_info: vec![b'G', 0], ratchet_tree: tree };
        assert_eq!(creation.encode(), [b'G', 0, 1, 1, 0]);
    }
}
