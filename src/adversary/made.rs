//! What makes a behaviour: what it wraps of an honest node, or stands in the place of.
//!
//! The catalogue says of each behaviour what makes it; who puts nodes together (`campaign`) goes by
//! that, and knows no behaviour by name.

use super::{Begins, Forgery, Keep, Meddler, Other, Part, Plan};
use crate::mls::Franker;
use crate::{client, provider};

/// What stands for the honest node, or beside it.
#[derive(Debug, Clone, Copy)]
pub enum Made {
    /// Two honest hubs, the second shown from then on.
    TwoHubs(Begins),
    /// An honest hub, and a second one that has this part.
    SecondServer(Part),
    /// Something between the node and its network.
    Meddler(fn(&Plan) -> Box<dyn Meddler>),
    /// A disk of a server that keeps less than it says.
    ServerDisk(Keep<provider::Stored>),
    /// A disk of a client that keeps less than it says.
    ClientDisk(Keep<client::Stored>),
    /// The same, with what a hub franks with.
    FrankMeddler(fn(&Plan, Franker) -> Box<dyn Meddler>),
    /// Something before a hub that changes the GroupInfo it gives.
    ForgedGroupInfo(Forgery),
    /// Something before a hub that has a client of its own making enter.
    Ghost,
    /// Something before a server that proposes in its name.
    Overreach,
    /// A liar beside a client.
    Liar,
    /// A disk of a client that has another one's groups.
    OthersKeys,
    /// A thief at a client's disk.
    Thief,
    /// A client, and another program on its disk.
    SecondProgram(Other),
    /// Something between a client and its user.
    Drafts,
}
