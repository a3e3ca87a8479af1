//! The third catalogue as scenario files write it: who can misbehave like that, and what has to be
//! said of it beside the time, the node and the room.
//!
//! Reading, writing and shrinking a script go by these forms and know no behaviour by name. What a
//! behaviour does, and where it is described, stands in `adversary`.

/// How a behaviour is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Its id.
    pub id: &'static str,
    /// Who can do it.
    pub who: Who,
    /// What has to be said.
    pub takes: &'static [Takes],
    /// Whether it can have an end. What has none is done once, or for good.
    pub lasts: bool,
    /// It is a bug and no lie: the node counts as honest, and what it comes to believe is judged.
    pub is_bug: bool,
    /// It needs a second server behind the provider's name, and a provider has only one.
    pub takes_a_second_server: bool,
}

/// Whose misbehaviour it is, in the room that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The room's hub.
    Hub,
    /// Another provider.
    Follower,
    /// A client.
    Client,
}

/// Something that has to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// `side`: the providers to which it lies; never itself.
    Side,
    /// `user`: whom it is about.
    User,
    /// `user`: a user of the liar's own provider.
    OwnUser,
    /// `rule`: the rule that it breaks, one of [`LIES`](super::ids::LIES).
    Lie,
    /// `rule`: the rule that it does not check, any of the first catalogue.
    Rule,
    /// `code`: what it answers, one of [`LIED_CODES`](super::ids::LIED_CODES).
    Code,
    /// `code`: the same, one of [`LIED_MESSAGE_CODES`](super::ids::LIED_MESSAGE_CODES).
    MessageCode,
    /// `for`: it has to have an end.
    End,
}

impl Takes {
    /// The key in the file.
    pub fn key(self) -> &'static str {
        match self {
            Self::Side => "side",
            Self::User | Self::OwnUser => "user",
            Self::Lie | Self::Rule => "rule",
            Self::Code | Self::MessageCode => "code",
            Self::End => "for",
        }
    }
}

/// All forms, in the order of the catalogue.
pub static FORMS: &[Form] = &[
    second(lasting("hub.equivocates", Who::Hub, &[Takes::Side])),
    lasting("hub.withholds", Who::Hub, &[Takes::Side]),
    lasting("hub.drops-messages", Who::Hub, &[Takes::Side]),
    lasting("hub.reorders", Who::Hub, &[Takes::Side]),
    lasting("hub.ignores-leave", Who::Hub, &[]),
    lasting("hub.lies-code", Who::Hub, &[Takes::Side, Takes::Code]),
    lasting("hub.lies-message-code", Who::Hub, &[Takes::Side, Takes::MessageCode]),
    lasting("hub.withholds-welcome", Who::Hub, &[Takes::Side]),
    lasting("hub.misroutes-welcome", Who::Hub, &[Takes::Side]),
    second(lasting("hub.welcomes-losers", Who::Hub, &[])),
    second(lasting("hub.serves-stale-group-info", Who::Hub, &[])),
    second(lasting("hub.leads-into-the-past", Who::Hub, &[Takes::Side])),
    second(once("hub.rolls-back", Who::Hub, &[Takes::End])),
    second(once("hub.skips-check", Who::Hub, &[Takes::Rule])),
    second(once("hub.resurrects", Who::Hub, &[])),
    lasting("hub.forges-group-info", Who::Hub, &[Takes::OwnUser]),
    lasting("hub.forges-list", Who::Hub, &[Takes::OwnUser]),
    lasting("hub.signs-with-another-key", Who::Hub, &[Takes::OwnUser]),
    second(once("hub.adds-ghost", Who::Hub, &[Takes::OwnUser])),
    lasting("hub.mistimes-frank", Who::Hub, &[Takes::Side]),
    lasting("hub.misattributes", Who::Hub, &[Takes::Side, Takes::User]),
    lasting("follower.spoils-franks", Who::Follower, &[]),
    lasting("follower.drops", Who::Follower, &[]),
    lasting("follower.reorders", Who::Follower, &[]),
    lasting("follower.repeats", Who::Follower, &[]),
    lasting("follower.rewrites-time", Who::Follower, &[]),
    lasting("follower.forges-sender", Who::Follower, &[Takes::User]),
    lasting("follower.forges-consent", Who::Follower, &[Takes::User]),
    lasting("follower.equivocates", Who::Follower, &[Takes::OwnUser]),
    lasting("follower.replays", Who::Follower, &[Takes::Side]),
    lasting("follower.loses", Who::Follower, &[]),
    lasting("follower.hands-out-twice", Who::Follower, &[]),
    once("follower.proposes-more", Who::Follower, &[Takes::OwnUser]),
    once("client.breaks-rule", Who::Client, &[Takes::Lie, Takes::User]),
    once("client.poisons-commit", Who::Client, &[]),
    once("client.poisons-path", Who::Client, &[Takes::User]),
    once("client.poisons-dictionary", Who::Client, &[]),
    once("client.poisons-proposal", Who::Client, &[]),
    once("client.poisons-group-info", Who::Client, &[]),
    lasting("client.storms", Who::Client, &[]),
    once("client.joins-twice", Who::Client, &[]),
    once("client.resyncs-with-stolen-key", Who::Client, &[]),
    lasting("client.repeats-itself", Who::Client, &[]),
    once("client.jumps-generation", Who::Client, &[]),
    lasting("client.hoards-key-packages", Who::Client, &[Takes::User]),
    once("client.skips-proposals", Who::Client, &[]),
    once("client.acts-while-exiting", Who::Client, &[]),
    once("client.commits-while-exiting", Who::Client, &[]),
    once("client.proposes-while-exiting", Who::Client, &[]),
    lasting("client.abandons-its-commit", Who::Client, &[]),
    lasting("client.replays", Who::Client, &[]),
    bug("client.skips-commits", true),
    bug("client.swallows-errors", true),
    bug("client.repeats-welcomes", false),
    bug("client.doubles-mail", false),
    bug("client.reverses-mail", true),
    bug("client.loses-mirror", true),
    bug("client.loses-keys", true),
    bug("client.renews-welcomes", false),
    bug("client.rereads-proposals", false),
    bug("client.misses-its-commits", true),
    Form { takes: &[Takes::End], ..bug("client.shares-its-disk", false) },
    Form { takes: &[Takes::User], ..bug("client.keeps-others-keys", true) },
    bug("client.is-cloned", false),
    bug("client.uploads-drafts", true),
    Form { who: Who::Hub, ..bug("hub.mistakes-201", true) },
    bug("client.runs-an-older-build", true),
];

const fn once(id: &'static str, who: Who, takes: &'static [Takes]) -> Form {
    Form { id, who, takes, lasts: false, is_bug: false, takes_a_second_server: false }
}

const fn lasting(id: &'static str, who: Who, takes: &'static [Takes]) -> Form {
    Form { lasts: true, ..once(id, who, takes) }
}

const fn second(form: Form) -> Form {
    Form { takes_a_second_server: true, ..form }
}

const fn bug(id: &'static str, lasts: bool) -> Form {
    Form { lasts, is_bug: true, ..once(id, Who::Client, &[]) }
}

impl Form {
    /// The form of a behaviour, by its id.
    pub fn of(id: &str) -> Option<&'static Self> {
        FORMS.iter().find(|form| form.id == id)
    }

    /// All ids.
    pub fn ids() -> Vec<&'static str> {
        FORMS.iter().map(|form| form.id).collect()
    }
}
