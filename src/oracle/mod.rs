//! Judges a run from its trace alone.
//!
//! [`judge`] reads a whole trace; an [`Oracle`] takes it entry by entry, so that whoever plays a
//! run can stop at the first violation. Both do the same: each entry is shown to every invariant
//! of the second catalogue ([`INVARIANTS`]), then the ledger takes note of it. So an invariant
//! sees the ledger as it stood just *before* the entry, and an entry that contradicts it is the
//! first event that breaks the invariant. Each invariant fires at most once for each room.
//!
//! | file | holds |
//! |---|---|
//! | `invariant` | what an invariant is, and the catalogue |
//! | `ledger`, `room`, `hub_log`, `mail`, `audience`, `health` | what several invariants need to remember |
//! | one file for each invariant | its idea, and what it does not check |
//! | `evaluator` | RP03 read a second time: is a handshake authorised |
//! | `verdict` | the words of the answer |
//!
//! What nodes do that the script declares dishonest is not judged; what honest clients come to
//! believe always is. A room whose hub is dishonest is owed no liveness: withholding is the hub's
//! own conduct.
//!
//! Not here: anything that the trace does not say. Who can decrypt what, the world tries out; the
//! trace has what came of it.

mod add_leave_order;
mod agreement;
mod audience;
mod bad_input_passes;
mod banned_stay_out;
mod compromise_heals;
mod consent_respected;
mod contiguous_history;
mod convergence;
mod detection;
mod epochs_grow;
mod evaluator;
mod exactly_once;
mod exiting_is_silent;
mod expulsion_completes;
mod external_senders;
mod frank_sound;
mod health;
mod hub_log;
mod hub_shadow;
mod inside_parent;
mod invariant;
mod joiner_cannot_read_before;
mod judge;
mod key_package_once;
mod leave_completes;
mod ledger;
mod limits_hold;
mod listed_users_get_in;
mod mail;
mod members_inside_participants;
mod messages_delivered;
mod no_false_alarm;
mod no_ghost;
mod no_rejoin_storm;
mod nobody_stuck;
mod old_keys_deleted;
mod policy_is_kept;
mod queues_drain;
mod receivers_may_receive;
mod removed_cannot_read;
mod restart_is_whole;
mod room;
mod servers_see_no_content;
mod single_commit;
mod stamps_grow;
mod state_agreement;
#[cfg(test)]
mod tests_support;
mod truthful_responses;
mod used_in_order;
mod verdict;
mod verdicts_agree;
mod welcome_after_commit;

pub use invariant::{INVARIANTS, InvariantInfo, Kind};
pub use judge::{Oracle, judge};
pub use verdict::{Outcome, Verdict, Violation};
