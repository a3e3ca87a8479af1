//! What a client sends, and when: KeyPackages, the question for mail, its user's affairs, what its
//! watch has to say, and each room's job.

use bytes::Bytes;

use super::errand::Tag;
use super::{Client, MAIL_WAIT_MS};
use crate::mimi::local::{Errand, LocalRoute, MailboxRequest};
use crate::mimi::wire::Route;
use crate::node::{Call, points};

impl Client {
    /// Sends it, once what it rests on is on the disk.
    pub(super) async fn send_what_is_due(&mut self) {
        if self.closed {
            return;
        }
        let now = self.now();
        if self.publishing.is_none() && self.stock_ends_ms.is_some_and(|end| end <= now) {
            self.prepare_stock();
        }
        self.watch_round(now);
        let mut calls = Vec::new();
        if let Some(body) = self.publishing.clone()
            && !self.publish_asked
            && now >= self.publish_at_ms
        {
            self.publish_asked = true;
            self.has_changed = true;
            self.publish_attempt += 1;
            let about = "key packages".to_owned();
            let errand = Errand::PublishKeyPackages;
            calls.push((Tag::Publish, self.call(errand, about, self.publish_attempt, body)));
        }
        if self.registered && !self.mail_asked && now >= self.mail_at_ms {
            self.mail_asked = true;
            self.mail_attempt += 1;
            // After a start, what has come in the meantime comes before anything else.
            let wait_ms = if self.mail_is_read { MAIL_WAIT_MS } else { 0 };
            let body = MailboxRequest { cursor: self.cursor, wait_ms }.encode();
            let about = format!("mail after {}", self.cursor);
            let call = self.call(Errand::Mailbox, about, self.mail_attempt, body.into());
            calls.push((Tag::Mailbox, call));
        }
        if self.registered
            && let Some(sending) = self.affairs.advance(now)
        {
            self.has_changed = true;
            let call = self.call(sending.errand, sending.about, sending.attempt, sending.body);
            calls.push((Tag::Affair, call));
        }
        if self.registered
            && let Some(sending) = self.watch.advance(&self.kit, now)
        {
            self.has_changed = true;
            let call = self.call(sending.errand, sending.about, sending.attempt, sending.body);
            calls.push((Tag::Watch, call));
        }
        let mut stop_before_sending = false;
        if self.registered {
            let uris: Vec<_> = self.rooms.keys().cloned().collect();
            for uri in uris {
                let Some(mut room) = self.rooms.remove(&uri) else { continue };
                let sending = room.advance(&self.kit, now);
                self.rooms.insert(uri, room);
                let Some((tag, sending)) = sending else { continue };
                self.has_changed = true;
                stop_before_sending |= tag.is_commit;
                let call = self.call(sending.errand, sending.about, sending.attempt, sending.body);
                calls.push((Tag::Job(tag), call));
            }
        }
        if calls.is_empty() {
            return;
        }
        self.sync().await;
        if stop_before_sending {
            self.setup.points.reached(points::BEFORE_SEND).await;
        }
        for (tag, call) in calls {
            let request = self.setup.network.call(call);
            self.under_way.spawn_local(async move { (tag, request.await) });
        }
    }

    fn call(&self, errand: Errand, about: String, attempt: u32, body: Bytes) -> Call {
        let room = match &errand {
            Errand::CreateRoom(room)
            | Errand::Update(room)
            | Errand::SubmitMessage(room)
            | Errand::GroupInfo(room)
            | Errand::Unsubscribe(room)
            | Errand::ReportAbuse(room)
            | Errand::Receipt(room)
            | Errand::Peers(room) => Some(room.clone()),
            _ => None,
        };
        let waits = errand == Errand::Mailbox;
        let route = Route::Client(LocalRoute { client: self.setup.actor.client.clone(), errand });
        Call {
            to: self.setup.actor.client.provider().clone(),
            endpoint: route.endpoint(),
            path: route.path(),
            room,
            about,
            attempt,
            body: Some(body),
            timeout_ms: if waits { u64::from(MAIL_WAIT_MS) + 5_000 } else { 8_000 },
        }
    }
}
