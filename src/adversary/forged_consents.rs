//! `follower.forges-consent`: what a user of the follower says about consent goes out in another
//! user's name (A34).
//!
//! A consent goes from one provider to the other, past any hub, and is not signed: each believes
//! the other about its own users (P06 §5.7). So of a user of its own a provider can say anything;
//! in the name of another provider's user it is not listened to (R58).

use super::Plan;
use super::meddling::{Meddler, Outgoing};
use crate::mimi::uri::UserUri;
use crate::mimi::wire::ConsentEntry;
use crate::mls::MlsFraming;
use crate::node::Call;

struct ForgesConsent {
    claimed: Option<UserUri>,
}

/// Makes it; the plan names the user who is to have said it.
pub(super) fn forges_consent(plan: &Plan) -> Box<dyn Meddler> {
    Box::new(ForgesConsent { claimed: plan.user.clone() })
}

impl Meddler for ForgesConsent {
    fn outgoing(&self, call: &Call) -> Outgoing {
        let concerned = matches!(call.endpoint, "requestConsent" | "updateConsent");
        let body = call.body.as_ref().filter(|_| concerned);
        let entry = body.and_then(|it| ConsentEntry::decode(it, &MlsFraming).ok());
        let (Some(mut entry), Some(claimed)) = (entry, self.claimed.clone()) else {
            return Outgoing::Pass;
        };
        // The one that is not spoken to.
        match entry.operation.is_requesters() {
            true => entry.scope.requester = claimed,
            false => entry.scope.target = claimed,
        }
        let body = Some(entry.encode().into());
        Outgoing::Calls(vec![Call { body, ..call.clone() }])
    }
}
