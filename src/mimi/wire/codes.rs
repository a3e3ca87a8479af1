//! The catalogue of response codes: what an endpoint can answer, and where each answer is seen.
//!
//! One line a code, in the order of the endpoints in the draft and then of their numbers; refusals
//! that come as an HTTP status, whatever the endpoint, stand last. Each names a scenario whose
//! trace shows it; `sims/scenarios/codes.rs` holds it to that. What no honest node brings about, a
//! liar does.
//!
//! Not here: when a code is given. That is for the rules, of which many can lead to one code.

/// What an endpoint can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseCode {
    /// The endpoint's name in the directory document; [`EACH_CLIENT`] for the part of a
    /// `keyMaterial` response that is about one client; [`HTTP`] for a status.
    pub endpoint: &'static str,
    /// The code's name in the draft; the reason phrase of a status.
    pub name: &'static str,
    /// Its number on the wire.
    pub number: u16,
    /// When it is given, in one line.
    pub meaning: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// The name of a file in `scenarios/`, without its ending, whose trace shows it.
    pub scenario: &'static str,
}

/// Stands for an endpoint: the part of a `keyMaterial` response that is about one client.
pub const EACH_CLIENT: &str = "keyMaterial/client";

/// Stands for an endpoint: any, where the answer is an HTTP status without the endpoint's own body.
pub const HTTP: &str = "HTTP";

impl ResponseCode {
    /// What lists call it: `update/wrongEpoch`, `HTTP/404`.
    pub fn id(&self) -> String {
        match self.endpoint {
            HTTP => format!("{HTTP}/{}", self.number),
            endpoint => format!("{endpoint}/{}", self.name),
        }
    }
}

const fn code(
    (endpoint, number, name): (&'static str, u16, &'static str),
    meaning: &'static str,
    source: &'static str,
    scenario: &'static str,
) -> ResponseCode {
    ResponseCode { endpoint, name, number, meaning, source, scenario }
}

/// The catalogue.
pub static RESPONSE_CODES: &[ResponseCode] = &[
    code(
        ("keyMaterial", 0, "success"),
        "here is a KeyPackage of every client",
        "P06 §5.2; R7",
        "clubhouse",
    ),
    code(
        ("keyMaterial", 1, "partialSuccess"),
        "here are KeyPackages of some clients",
        "P06 §5.2; R7",
        "a-client-that-cannot-join",
    ),
    code(
        ("keyMaterial", 2, "incompatibleProtocol"),
        "a provider, or each client of the user, does not speak the protocol",
        "P06 §5.2; R7, S13",
        "liar-requests",
    ),
    code(
        ("keyMaterial", 3, "noCompatibleMaterial"),
        "no client has a KeyPackage that will do",
        "P06 §5.2; R7",
        "a-client-that-cannot-join",
    ),
    code(
        ("keyMaterial", 4, "userUnknown"),
        "the provider has no such user",
        "P06 §5.2; R7, R9",
        "users-who-are-not-there",
    ),
    code(
        ("keyMaterial", 5, "noConsent"),
        "the user has not agreed, or the provider does not say more",
        "P06 §5.2, §5.7; R7, R9, R57",
        "consent-asked-and-granted",
    ),
    code(
        ("keyMaterial", 6, "noConsentForThisRoom"),
        "the user has agreed to another room only",
        "P06 §5.2, §5.7; R7, R57",
        "consent-for-one-room",
    ),
    code(
        ("keyMaterial", 7, "userDeleted"),
        "the user's account has ended",
        "P06 §5.2; R7",
        "users-who-are-not-there",
    ),
    code(
        (EACH_CLIENT, 0, "success"),
        "here is a KeyPackage of the client",
        "P06 §5.2; R7",
        "clubhouse",
    ),
    code(
        (EACH_CLIENT, 1, "keyMaterialExhausted"),
        "the client has no KeyPackage left",
        "P06 §5.2; R7",
        "key-packages-run-out",
    ),
    code(
        (EACH_CLIENT, 2, "nothingCompatible"),
        "the client's KeyPackages lack what the room requires",
        "P06 §5.2; R7",
        "a-client-that-cannot-join",
    ),
    code(
        ("update", 0, "success"),
        "accepted: everybody will get it",
        "P06 §5.3; R13, R14",
        "clubhouse",
    ),
    code(
        ("update", 1, "wrongEpoch"),
        "made in another epoch than the hub's",
        "P06 §5.3; R13",
        "concurrent-commits",
    ),
    code(
        ("update", 2, "notAllowed"),
        "against the room's policy, or not authorised",
        "P06 §5.3; R13",
        "fixed-membership",
    ),
    code(
        ("update", 3, "invalidProposal"),
        "with proposals that are not valid, or without ones that wait",
        "P06 §5.3; R13, R18",
        "commit-that-has-not-heard-of-a-leave",
    ),
    code(
        ("submitMessage", 0, "success"),
        "accepted: everybody will get it (`accepted` in the draft's enum, Q2)",
        "P06 §5.4; R36",
        "clubhouse",
    ),
    code(
        ("submitMessage", 1, "notAllowed"),
        "against the room's policy, or from an epoch to come",
        "P06 §5.4; R36",
        "moderated-room",
    ),
    code(
        ("submitMessage", 2, "epochTooOld"),
        "from an epoch that the room no longer tolerates",
        "P06 §5.4; R36, R56",
        "epoch-too-old",
    ),
    code(
        ("groupInfo", 1, "success"),
        "here is the GroupInfo, sealed for who asks",
        "P06 §5.6; R29",
        "clubhouse",
    ),
    code(
        ("groupInfo", 2, "notAuthorized"),
        "who asks may not enter, or the hub does not say more",
        "P06 §5.6; R29, R31",
        "ban-and-unban",
    ),
    code(
        ("groupInfo", 3, "noSuchRoom"),
        "the hub has no such room",
        "P06 §5.6; R31",
        "room-that-is-not-there",
    ),
    code(("identifierQuery", 0, "success"), "these users match", "P06 §5.8", "who-is-meant"),
    code(("identifierQuery", 1, "notFound"), "nobody matches", "P06 §5.8", "who-is-meant"),
    code(
        ("identifierQuery", 2, "ambiguous"),
        "more than one user matches in part",
        "P06 §5.8",
        "who-is-meant",
    ),
    code(
        ("identifierQuery", 3, "forbidden"),
        "the provider does not answer such queries",
        "P06 §5.8",
        "who-is-meant",
    ),
    code(
        ("identifierQuery", 4, "unsupportedField"),
        "the provider can't search one of the fields",
        "P06 §5.8",
        "who-is-meant",
    ),
    code(
        (HTTP, 400, "Bad Request"),
        "the body is not what the endpoint takes, or its MLS messages are none",
        "P06 §5; R2",
        "liar-requests",
    ),
    code(
        (HTTP, 403, "Forbidden"),
        "the peer is not who may ask this",
        "P06 §4.1; R1",
        "asset-through-the-hub",
    ),
    code(
        (HTTP, 404, "Not Found"),
        "there is no such endpoint, room, user or asset here",
        "P06 §5.1; R2",
        "asset-through-the-hub",
    ),
    code(
        (HTTP, 405, "Method Not Allowed"),
        "the endpoint takes another method",
        "P06 §5.1; R2",
        "liar-requests",
    ),
    code(
        (HTTP, 409, "Conflict"),
        "there is such a room or asset already, and it is another",
        "this testbed, between clients and their provider",
        "asset-through-the-hub",
    ),
    code(
        (HTTP, 410, "Gone"),
        "the account of the client's user has ended",
        "this testbed, between clients and their provider",
        "deleted-account-is-removed",
    ),
    code(
        (HTTP, 413, "Content Too Large"),
        "the body has more than 1 MiB",
        "this testbed: the drafts set no limit; L10",
        "liar-requests",
    ),
    code(
        (HTTP, 429, "Too Many Requests"),
        "the server turns the request away and says when to come back",
        "RFC 6585 §4; P06 §5.5: what `Retry-After` says is respected",
        "busy-follower",
    ),
    code(
        (HTTP, 503, "Service Unavailable"),
        "the server has no time now and says when to come back",
        "RFC 9110 §15.6.4; P06 §5.5: what `Retry-After` says is respected",
        "busy-hub",
    ),
    code(
        (HTTP, 504, "Gateway Timeout"),
        "the client's provider got no answer from the other one",
        "this testbed, between clients and their provider",
        "partition-heals",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::wire::{IdentifierQueryCode, KeyMaterialUserCode};

    fn names(endpoint: &str) -> Vec<(u16, &'static str)> {
        let lines = RESPONSE_CODES.iter().filter(|it| it.endpoint == endpoint);
        lines.map(|it| (it.number, it.name)).collect()
    }

    #[test]
    fn the_codes_are_the_ones_that_bodies_carry() {
        use IdentifierQueryCode as Query;
        use KeyMaterialUserCode as User;
        let users = [
            User::Success,
            User::PartialSuccess,
            User::IncompatibleProtocol,
            User::NoCompatibleMaterial,
            User::UserUnknown,
            User::NoConsent,
            User::NoConsentForThisRoom,
            User::UserDeleted,
        ];
        assert_eq!(names("keyMaterial"), users.map(|it| (it as u16, it.code_name())));
        let queries = [
            Query::Success,
            Query::NotFound,
            Query::Ambiguous,
            Query::Forbidden,
            Query::UnsupportedField,
        ];
        assert_eq!(names("identifierQuery"), queries.map(|it| (it as u16, it.code_name())));
    }

    #[test]
    fn each_code_has_one_line() {
        let ids: std::collections::BTreeSet<_> =
            RESPONSE_CODES.iter().map(ResponseCode::id).collect();
        assert_eq!(ids.len(), RESPONSE_CODES.len());
    }
}
