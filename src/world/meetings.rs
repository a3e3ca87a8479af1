//! Users who meet: what they tell each other reaches no provider.
//!
//! Words arrive at once, and only at who is up; a restart finds nothing of what was said before.
//! Not here: who meets whom, and what they say (`client`).

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use bytes::Bytes;
use tokio::sync::Notify;

use crate::mimi::uri::ClientUri;
use crate::node::{OutOfBand, Task};

/// All who can be met.
#[derive(Default)]
pub struct Meetings {
    ears: RefCell<BTreeMap<ClientUri, Rc<Ear>>>,
}

#[derive(Default)]
struct Ear {
    words: RefCell<VecDeque<(ClientUri, Bytes)>>,
    came: Notify,
}

/// One of them, for one life of its client.
struct Attendant {
    meetings: Rc<Meetings>,
    own: ClientUri,
    ear: Rc<Ear>,
}

impl Meetings {
    /// A client starts: from here on it is told what it is told.
    pub fn attend(self: &Rc<Self>, client: &ClientUri) -> Rc<dyn OutOfBand> {
        let ear = Rc::new(Ear::default());
        self.ears.borrow_mut().insert(client.clone(), ear.clone());
        Rc::new(Attendant { meetings: self.clone(), own: client.clone(), ear })
    }

    /// A client stops.
    pub fn leave(&self, client: &ClientUri) {
        self.ears.borrow_mut().remove(client);
    }
}

impl OutOfBand for Attendant {
    fn tell(&self, to: &ClientUri, words: Bytes) {
        if let Some(ear) = self.meetings.ears.borrow().get(to) {
            ear.words.borrow_mut().push_back((self.own.clone(), words));
            ear.came.notify_one();
        }
    }

    fn told(&self) -> Task<(ClientUri, Bytes)> {
        let ear = self.ear.clone();
        Box::pin(async move {
            loop {
                if let Some(told) = ear.words.borrow_mut().pop_front() {
                    return told;
                }
                ear.came.notified().await;
            }
        })
    }
}

/// For whoever meets nobody: a server.
pub struct Nobody;

impl OutOfBand for Nobody {
    fn tell(&self, _: &ClientUri, _: Bytes) {}

    fn told(&self) -> Task<(ClientUri, Bytes)> {
        Box::pin(std::future::pending())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str) -> ClientUri {
        ClientUri::parse(&format!("mimi://a.example/d/{name}")).unwrap()
    }

    #[tokio::test]
    async fn who_is_there_is_told_and_who_comes_later_is_not() {
        let meetings = Rc::new(Meetings::default());
        let (one, other) = (meetings.attend(&client("A1")), meetings.attend(&client("A2")));
        one.tell(&client("A2"), Bytes::from_static(b"hello"));
        assert_eq!(other.told().await, (client("A1"), Bytes::from_static(b"hello")));
        one.tell(&client("A2"), Bytes::from_static(b"lost"));
        let other = meetings.attend(&client("A2"));
        one.tell(&client("A2"), Bytes::from_static(b"again"));
        assert_eq!(other.told().await.1, Bytes::from_static(b"again"));
        meetings.leave(&client("A2"));
        one.tell(&client("A2"), Bytes::from_static(b"to nobody"));
    }
}
