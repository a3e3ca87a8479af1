//! What is drawn of the `protocol` table: choices that the drafts leave open, most of them as usual
//! in most seeds.
//!
//! Each is drawn from a stream of its own, and all but the consent come up as rarely. Rules are
//! never switched off here, nor texts read otherwise: with those, honest rooms may break.

use std::fmt::Display;

use super::Drawn;
use super::dice::{Dice, Stream};
use crate::scenario::time::show;
use crate::script::{Script, User};

/// What a file says of the choices that are drawn.
#[derive(Debug, Clone)]
pub(super) struct Choices {
    /// In how many of a hundred seeds nobody is added without having agreed; none where the file
    /// says it itself.
    pub(super) explicit_consent: Option<u64>,
    /// In how many of a hundred seeds each other choice is not as usual; none where the file has
    /// the table.
    pub(super) others: Option<u64>,
}

/// How few KeyPackages a client leaves.
const FEW_KEY_PACKAGES: (u64, u64) = (1, 3);
/// How long KeyPackages are good, in simulated milliseconds: less than most workloads last.
const LIFETIME_MS: (u64, u64) = (5_000, 30_000);
/// How many of a hundred users have a client that lacks what rooms require.
const PLAIN_PERCENT: u64 = 60;
/// When a client commits what waits, in simulated milliseconds: all at once, or too late for many.
const COMMIT_DELAYS_MS: [(u64, u64); 3] = [(0, 0), (50, 200), (2_000, 6_000)];

impl Choices {
    pub(super) fn expand(&self, dice: &Dice, script: &mut Script, drawn: &mut Drawn) {
        if let Some(percent) = self.explicit_consent {
            let explicit = dice.stream("policy", "consent").happens(percent);
            script.protocol.key_material.explicit_consent = explicit;
            drawn.note("consent", &if explicit { "explicit" } else { "implied" });
        }
        if let Some(percent) = self.others {
            Odd { dice, percent, drawn }.expand(script);
        }
    }
}

/// Draws what is not as usual.
struct Odd<'a> {
    dice: &'a Dice,
    percent: u64,
    drawn: &'a mut Drawn,
}

impl Odd<'_> {
    /// Draws the choice with this name, where it is not as usual.
    fn choose<T>(&mut self, name: &str, draw: impl FnOnce(&mut Stream) -> Option<T>) -> Option<T> {
        let mut stream = self.dice.stream("choice", name);
        stream.happens(self.percent).then(|| draw(&mut stream)).flatten()
    }

    fn note(&mut self, name: &str, value: &impl Display) {
        self.drawn.note(name, value);
    }

    fn expand(&mut self, script: &mut Script) {
        if let Some((least, most)) = self.choose("commit_delay", |it| it.pick(&COMMIT_DELAYS_MS)) {
            let protocol = &mut script.protocol;
            (protocol.commit_delay_min_ms, protocol.commit_delay_max_ms) = (least, most);
            self.note("commit_delay", &format!("{}..{}", show(least), show(most)));
        }
        let plain = self.choose("plain_clients", |it| plain(it, script));
        let material = &mut script.protocol.key_material;
        if let Some(few) = self.choose("key_packages", |it| Some(it.within(FEW_KEY_PACKAGES))) {
            material.key_packages = few;
            self.note("key_packages", &few);
        }
        if let Some(ms) = self.choose("lifetime", |it| Some(it.within(LIFETIME_MS))) {
            material.lifetime_ms = Some(ms);
            self.note("key_package_lifetime", &show(ms));
        }
        for (name, flag) in [
            ("last_resort", &mut material.last_resort),
            ("mask_unknown_users", &mut material.mask_unknown_users),
        ] {
            if self.choose(name, |_| Some(())).is_some() {
                *flag = true;
                self.note(name, flag);
            }
        }
        if let Some(plain) = plain.filter(|plain| !plain.is_empty()) {
            self.note("plain_clients", &plain.join(", "));
            material.plain_clients = plain;
        }
    }
}

/// The last client of some users. Where it is the only one, nobody can add that user; so at a hub,
/// where rooms begin, it is not.
fn plain(stream: &mut Stream, script: &Script) -> Option<Vec<String>> {
    let is_hub =
        |user: &User| script.rooms.values().any(|it| it.uri.provider() == user.uri.provider());
    let users = script.users.values();
    let some = users.filter(|user| user.clients.len() > usize::from(is_hub(user)));
    let some = some.filter(|_| stream.happens(PLAIN_PERCENT)).collect::<Vec<_>>();
    Some(some.iter().filter_map(|user| Some(user.clients.last()?.0.clone())).collect())
}
