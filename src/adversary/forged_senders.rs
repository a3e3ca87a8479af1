//! `follower.forges-sender`: what a client of the follower says goes to the hub in another user's
//! name (A30).
//!
//! The hub can't look into a message: it believes a provider about which of its users sent it, and
//! puts that name into the frank (P06 §5.4). Of a user of its own the follower can say so; in the
//! name of another provider's, the hub does not listen to it. Commits and proposals are signed, and
//! name nobody besides.

use super::Plan;
use super::meddling::{Meddler, Outgoing};
use crate::mimi::uri::UserUri;
use crate::mimi::wire::SubmitMessageRequest;
use crate::mls::MlsFraming;
use crate::node::Call;

struct ForgesSender {
    claimed: Option<UserUri>,
}

/// Makes it; the plan names the user who is to have said it.
pub(super) fn forges_sender(plan: &Plan) -> Box<dyn Meddler> {
    Box::new(ForgesSender { claimed: plan.user.clone() })
}

impl Meddler for ForgesSender {
    fn outgoing(&self, call: &Call) -> Outgoing {
        let body = call.body.as_ref().filter(|_| call.endpoint == "submitMessage");
        let request = body.and_then(|it| SubmitMessageRequest::decode(it, &MlsFraming).ok());
        let (Some(request), Some(claimed)) = (request, self.claimed.clone()) else {
            return Outgoing::Pass;
        };
        let forged = SubmitMessageRequest { sending_user: claimed, ..request };
        let body = Some(forged.encode().into());
        Outgoing::Calls(vec![Call { body, ..call.clone() }])
    }
}
