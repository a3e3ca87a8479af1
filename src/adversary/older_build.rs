//! `client.runs-an-older-build`: a client whose build reads one component in another way (N-19).
//!
//! Members of different builds agree on every byte of the GroupContext; what they take it for is
//! up to each build. This one is from before a list could name users who are out: it leaves the
//! banned out of the list that it reads, so that the places behind them are others'. Nothing shows
//! until somebody changes the list. Then the build works out other bytes than the rest, and the
//! confirmation tag doesn't fit.
//!
//! The client stops when the plan begins and goes on from its disk in the older build, and when the
//! plan ends, in its own again ([`SecondProgram`](super::SecondProgram)).

use crate::mimi::room::RoomState;

/// The room as the older build reads it.
pub fn without_the_banned(mut state: RoomState) -> RoomState {
    let mut listed = std::mem::take(&mut state.participants.participants);
    listed.retain(|participant| !state.is_ban(participant.role));
    state.participants.participants = listed;
    state
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::policy::BANNED;
    use crate::mimi::room::Participant;
    use crate::mimi::uri::{RoomUri, UserUri};

    #[test]
    fn who_stands_behind_a_banned_user_is_at_another_place() {
        let user = |name: &str| UserUri::parse(&format!("mimi://a.example/u/{name}")).unwrap();
        let room = RoomUri::parse("mimi://a.example/r/hall").unwrap();
        let mut state = RoomState::cooperative(room, "Hall", user("alice"));
        let listed = |name: &str, role| Participant { user: user(name), role };
        state.participants.participants.push(listed("mallory", BANNED));
        state.participants.participants.push(listed("bob", 2));
        assert_eq!(state.index_of(&user("bob")), Some(2));
        let read = without_the_banned(state);
        assert_eq!(read.index_of(&user("bob")), Some(1));
        assert_eq!(read.role_of(&user("mallory")), None);
    }
}
