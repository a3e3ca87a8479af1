//! What a run chooses where the drafts leave a choice, and which rules are off in it.

/// Choices that the drafts leave open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protocol {
    /// Ids of rules that hubs and clients do not check.
    pub without: Vec<String>,
    /// Ids of rules that hubs do not check and clients do (S19: must the hub enforce them?).
    pub hub_without: Vec<String>,
    /// Ids of readings that are taken in place of the usual ones.
    pub readings: Vec<String>,
    /// A client that sees proposals waiting commits after a keyed time in this range (R37, RP03
    /// §7).
    pub commit_delay_min_ms: u64,
    /// The range's end.
    pub commit_delay_max_ms: u64,
    /// Who gets which KeyPackages.
    pub key_material: KeyMaterial,
    /// How it can be noticed that a hub lies.
    pub watch: Watch,
}

impl Default for Protocol {
    fn default() -> Self {
        Self {
            without: Vec::new(),
            hub_without: Vec::new(),
            readings: Vec::new(),
            commit_delay_min_ms: 300,
            commit_delay_max_ms: 1_500,
            key_material: KeyMaterial::default(),
            watch: Watch::default(),
        }
    }
}

/// Who compares what, lest a hub show everybody another room: none of it is in the drafts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// Ids of the detectors that are on.
    pub detectors: Vec<String>,
    /// Simulated milliseconds from one round of comparing to the next.
    pub every_ms: u64,
    /// Simulated milliseconds that a member may be silent, or a message missing, before that is
    /// suspicious.
    pub patience_ms: u64,
}

impl Default for Watch {
    fn default() -> Self {
        Self { detectors: Vec::new(), every_ms: 5_000, patience_ms: 60_000 }
    }
}

/// What the drafts leave open about KeyPackages (P06 §5.2, §8; RP03 §7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMaterial {
    /// Providers hand out KeyPackages only where their user has agreed; else every user is taken
    /// to have.
    pub explicit_consent: bool,
    /// Providers answer for users that are unknown or gone as for users who have not agreed (R9).
    pub mask_unknown_users: bool,
    /// How many KeyPackages a client leaves with its provider.
    pub key_packages: u64,
    /// How long each of them is good, in simulated milliseconds; for ever where none is given.
    pub lifetime_ms: Option<u64>,
    /// Each client leaves one more, which may be handed out again and again.
    pub last_resort: bool,
    /// Clients, by short name, that support what RFC 9420 has and nothing that rooms require
    /// beyond: no room can take them in.
    pub plain_clients: Vec<String>,
}

impl Default for KeyMaterial {
    fn default() -> Self {
        Self {
            explicit_consent: false,
            mask_unknown_users: false,
            key_packages: 8,
            lifetime_ms: None,
            last_resort: false,
            plain_clients: Vec::new(),
        }
    }
}
