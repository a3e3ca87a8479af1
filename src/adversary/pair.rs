//! Two servers behind one name: how each is made, and the second found again after a crash.
//!
//! Each has a disk of its own, so that both survive a crash of the node. Which of the two answers
//! what, and what of each gets out, is for whoever holds the pair to say.

use std::rc::Rc;

use crate::node::Network;

/// Makes the two servers. Each reaches others through the network that it is given. `S` is the
/// honest server.
pub trait Pair<S> {
    /// The first one, from its disk.
    fn first(&self, network: Rc<dyn Network>) -> S;

    /// The second one, from all that the first knows now.
    fn second(&self, network: Rc<dyn Network>, first: &S) -> S;

    /// The second one of an earlier life, from its own disk; none where there was none.
    fn second_again(&self, network: Rc<dyn Network>) -> Option<S>;
}
