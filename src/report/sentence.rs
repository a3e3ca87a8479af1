//! Every event of a run in one sentence, its node being the subject: `A1 ` + `enters epoch 3 …`.
//!
//! What the story tells is worded as there; this file words the rest, which the story leaves out:
//! requests and answers, mailboxes, disks, and what clients do by themselves.

use super::names::Names;
use super::telling::told;
use super::text::count;
use crate::mimi::uri::ClientUri;
use crate::trace::{Entry, Event, Fate, Header, Kind, Phase, Stage, Taken, Way};

/// The sentences, in the order of the trace.
pub fn sentences(header: &Header, entries: &[Entry]) -> Vec<String> {
    let names = Names::of(header);
    let told = told(header, entries);
    let each = entries.iter().zip(told);
    each.map(|(entry, told)| told.unwrap_or_else(|| routine(&names, entry))).collect()
}

fn routine(names: &Names, entry: &Entry) -> String {
    on_the_wire(&entry.event)
        .or_else(|| at_a_server(names, &entry.event))
        .or_else(|| at_a_client(names, &entry.event))
        .or_else(|| of_the_world(names, &entry.event))
        .unwrap_or_else(|| "notes something".to_owned())
}

fn on_the_wire(event: &Event) -> Option<String> {
    Some(match event {
        Event::Request { endpoint, to, about, attempt, bytes, .. } => {
            let again = if *attempt > 1 { format!(", try {attempt}") } else { String::new() };
            format!("calls {endpoint} at {to} ({about}{again}; {})", count(*bytes, "byte"))
        }
        Event::Couriered { what, delay_ms, request } => {
            let late = if *delay_ms > 0 { format!(", by {delay_ms} ms") } else { String::new() };
            format!("has its request {request} {what}{late}")
        }
        Event::Response { request, status: 0, failure, .. } => {
            format!("gets no answer to request {request}: {failure}")
        }
        Event::Response { request, status, bytes, .. } => {
            format!("gets the answer {status} to request {request} ({})", count(*bytes, "byte"))
        }
        _ => return None,
    })
}

fn at_a_server(names: &Names, event: &Event) -> Option<String> {
    let clients = |all: &[ClientUri]| {
        all.iter().map(|client| names.client(client)).collect::<Vec<_>>().join(", ")
    };
    Some(match event {
        Event::Accepted { room, kind: Kind::Message, epoch, user, .. } => {
            let (room, user) = (names.room(room), user.name());
            format!("accepts a message of {user} for {room}, made in epoch {epoch}")
        }
        Event::Accepted { room, epoch, .. } => {
            format!("accepts something for {}, made in epoch {epoch}", names.room(room))
        }
        Event::Durable { room, index } => {
            format!("has entry {index} of the log of {} on its disk", names.room(room))
        }
        Event::FannedOut { room, index, to, attempts } => {
            let (room, tries) = (names.room(room), count((*attempts).into(), "try"));
            let tries = tries.replace("trys", "tries");
            format!("has handed entry {index} of the log of {room} to {to}, in {tries}")
        }
        Event::Queued { room, clients: all, .. } if all.is_empty() => {
            format!("has nobody to give an event of {} to", names.room(room))
        }
        Event::Queued { room, clients: all, .. } => {
            format!("puts an event of {} into the mail of {}", names.room(room), clients(all))
        }
        Event::Repeated { room, .. } => {
            format!("has had this event of {} before, and does nothing", names.room(room))
        }
        Event::Shadowed { room, stage, epoch, members, .. } => {
            let view = match stage {
                Stage::Committed => "sees",
                Stage::Provisional => "sees, with what waits applied,",
            };
            let (room, members) = (names.room(room), count(members.len() as u64, "member"));
            format!("{view} {room} at epoch {epoch}, with {members}")
        }
        Event::Exiting { room, user } => {
            format!("takes {} for on its way out of {}", user.name(), names.room(room))
        }
        Event::KeyPackageHandedOut { client, room, .. } => {
            format!("hands out a KeyPackage of {} for {}", names.client(client), names.room(room))
        }
        Event::KeyPackageUsed { room, .. } => {
            format!("sees a KeyPackage used in {}", names.room(room))
        }
        Event::Answered { endpoint, code, .. } => format!("answers {endpoint}: {code}"),
        Event::Franked { room, .. } => format!("franks a message of {}", names.room(room)),
        _ => return None,
    })
}

fn at_a_client(names: &Names, event: &Event) -> Option<String> {
    let because = |why: &str| if why.is_empty() { String::new() } else { format!(": {why}") };
    Some(match event {
        Event::Intent { wish, object, room, .. } => {
            let what = [wish.as_str(), object].join(" ");
            format!("is asked to {} in {}", what.trim_end(), names.room(room))
        }
        Event::IntentEnded { fate, why, .. } => {
            let word = match fate {
                Fate::Done => "has done what it was asked",
                Fate::Refused => "is refused what it was asked",
                Fate::Abandoned => "gives up what it was asked",
            };
            format!("{word}{}", because(why))
        }
        Event::Entered { room, epoch, way, members, .. } => {
            let way = match way {
                Way::Created => "as its creator",
                Way::Welcome => "by a Welcome",
                Way::Commit => "by somebody's commit",
                Way::OwnCommit => "by its own commit",
                Way::ExternalCommit => "by its own external commit",
            };
            let members = count(members.len() as u64, "member");
            format!("enters epoch {epoch} of {} {way}, with {members}", names.room(room))
        }
        Event::Buffered { room, why, .. } => {
            format!("keeps an event of {} for later{}", names.room(room), because(why))
        }
        Event::Passed { room, why, .. } => {
            format!("passes over an event of {}{}", names.room(room), because(why))
        }
        Event::Submitted { room, epoch, bytes, .. } => {
            let (room, bytes) = (names.room(room), count(*bytes, "byte"));
            format!("encrypts {bytes} for {room} in epoch {epoch}")
        }
        Event::Delivered { room, sender, epoch, .. } => {
            let (room, sender) = (names.room(room), names.client(sender));
            format!("reads a message of {sender} in {room}, made in epoch {epoch}")
        }
        Event::Told { room, code, .. } => {
            format!("is told of what it sent to {}: {code}", names.room(room))
        }
        Event::KeyPackagesPublished { references } => {
            format!("takes in {}", count(references.len() as u64, "KeyPackage"))
        }
        Event::Claimed { room, detector, epoch, to, .. } => {
            let room = names.room(room);
            format!("tells {to} what it takes epoch {epoch} of {room} for ({detector})")
        }
        _ => return None,
    })
}

fn of_the_world(names: &Names, event: &Event) -> Option<String> {
    Some(match event {
        Event::PhaseBegan { phase: Phase::End } => "the run is over".to_owned(),
        Event::Partitioned { from, to } => format!("cuts the way from {from} to {to}"),
        Event::Held { from, to } => format!("holds what goes from {from} to {to}"),
        Event::Healed { from, to } => format!("opens the way from {from} to {to}"),
        Event::Probed { room, client, taken, fed, opened, .. } => {
            let when = match taken {
                Taken::AtRemoval => "of its removal",
                Taken::AtJoin => "of its joining",
                Taken::AtEnd => "of the end",
                Taken::ByThief => "of the theft",
            };
            let (client, room) = (names.client(client), names.room(room));
            format!(
                "tries {} of {room} on a copy of {client}'s disk as {when}: {opened} opened",
                count(*fed, "message")
            )
        }
        Event::RestartFound { room, group, .. } => match group {
            Some(group) => {
                format!("finds {} at epoch {} on its disk", names.room(room), group.epoch)
            }
            None => format!("finds no group of {} on its disk", names.room(room)),
        },
        Event::Seen { message, endpoint, .. } => {
            format!("finds a part of message {message} in the clear at {endpoint}")
        }
        Event::ConsentAsked { target, .. } => format!("notes that {} is asked", target.name()),
        Event::ConsentCancelled { target, .. } => {
            format!("notes that {} is asked no more", target.name())
        }
        Event::ConsentGranted { target, .. } => format!("notes the consent of {}", target.name()),
        Event::ConsentRevoked { target, .. } => {
            format!("notes that {} does not consent", target.name())
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn each_event_has_its_sentence() {
        let (header, entries) = (testing::header(), testing::clubhouse());
        let said = sentences(&header, &entries);
        assert_eq!(said.len(), entries.len());
        for (entry, said) in entries.iter().zip(&said) {
            assert_ne!(said, "notes something", "{entry:?}");
            assert!(!said.contains("mimi://"), "{said}");
        }
    }

    #[test]
    fn what_the_story_tells_is_worded_as_there() {
        let (header, entries) = (testing::header(), testing::clubhouse());
        let said = sentences(&header, &entries);
        assert!(said.contains(&"creates clubhouse (done in 0.120 s)".to_owned()), "{said:?}");
        assert!(said.contains(&"reads a message of B1 in clubhouse, made in epoch 1".to_owned()));
    }
}
