//! Another program on the disk of a client.
//!
//! The client stops when the plan begins, and the other program takes up the disk, fetches the mail
//! and follows the room until the plan ends, if it does. Then the client goes on from the disk.
//!
//! - `client.shares-its-disk` (N-06): on a phone, what shows notifications is a program of its own,
//!   with the app's code and the app's disk. Nothing is torn; but of all that happened meanwhile the
//!   client's user hears nothing, and nor does its journal.
//! - `client.runs-an-older-build` (N-19): the app is put back to a build that reads the room's state
//!   in another way. It is the client all the same, and its user sees no difference.
//!
//! Not here: both at once, which would use keys twice; what the user wants meanwhile, which waits.

use std::future::{Future, pending};
use std::rc::Rc;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Plan;
use crate::client::{self, Setup};
use crate::mls::Dialect;
use crate::node::wish::Wish;
use crate::node::{Clock, Task};
use crate::trace::{Event, Journal};

/// Makes a program from its journal and its number, which its chance depends on. Of three, the
/// second is the other one.
pub type MakeProgram = Box<dyn Fn(Journal, u8) -> Setup>;

/// What the other program is.
#[derive(Debug, Clone, Copy)]
pub enum Other {
    /// The same code again, beside the client, of which nobody hears.
    Unheard,
    /// A build in the place of the client's, which reads room states in this way.
    Build(Dialect),
}

/// See the top of this file.
pub struct SecondProgram {
    /// When it is to happen.
    pub plan: Plan,
    /// What it is.
    pub other: Other,
    /// The client's clock.
    pub clock: Rc<dyn Clock>,
    /// The client's journal.
    pub journal: Journal,
    /// Makes either program.
    pub make: MakeProgram,
}

impl SecondProgram {
    /// Runs one program after the other until the future is dropped.
    pub async fn run(self, mut wishes: UnboundedReceiver<Wish>) {
        let (from, until) = (Some(self.plan.from_ms), self.plan.until_ms);
        self.one((self.journal.clone(), 0), Some(&mut wishes), from).await;
        if self.plan.is_on(self.clock.now_ms()) {
            let behaviour = self.plan.id.to_owned();
            self.journal.record(Event::BehaviourBegan { behaviour });
        }
        match self.other {
            Other::Unheard => self.one((self.journal.unread(), 1), None, until).await,
            Other::Build(_) => {
                self.one((self.journal.clone(), 1), Some(&mut wishes), until).await;
            }
        }
        self.one((self.journal.clone(), 2), Some(&mut wishes), None).await;
    }

    /// Runs a program until this time, if there is one; it hears these wishes.
    async fn one(
        &self,
        (journal, number): (Journal, u8),
        wishes: Option<&mut UnboundedReceiver<Wish>>,
        until_ms: Option<u64>,
    ) {
        let now = self.clock.now_ms();
        if until_ms.is_some_and(|until| until <= now) {
            return;
        }
        let over: Task<()> = match until_ms {
            Some(until) => self.clock.sleep(until - now),
            None => Box::pin(pending()),
        };
        let (sender, own) = unbounded_channel();
        let program = client::run((self.make)(journal, number), own);
        let pass_on = async {
            let Some(wishes) = wishes else { return pending().await };
            while let Some(wish) = wishes.recv().await {
                // The program hears as long as it runs.
                drop(sender.send(wish));
            }
            pending().await
        };
        first_of(over, program, pass_on).await;
    }
}

/// Ends with the first of these that does.
async fn first_of(
    one: impl Future<Output = ()>,
    another: impl Future<Output = ()>,
    third: impl Future<Output = ()>,
) {
    tokio::select! {
        biased;
        () = one => {}
        () = third => {}
        () = another => {}
    }
}
