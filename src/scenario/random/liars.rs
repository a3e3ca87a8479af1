//! Liars among the honest: misbehaviour of the third catalogue that a seed draws.
//!
//! Each behaviour is drawn by its form: a room that is there by then, a node that can behave so in
//! it, and what has to be said. Where a room has no node of the kind (a follower, where there is
//! one provider), nobody lies; nor where a hub would need two second servers.

use std::collections::BTreeSet;

use super::Drawn;
use super::dice::{Dice, Stream};
use crate::mimi::rules::RULES;
use crate::mimi::uri::ProviderName;
use crate::script::{Action, Behaviour, Form, Misbehaviour, Room, Script, Takes, User, Who, ids};

/// What a file says of its liars. All ranges have both ends included.
#[derive(Debug, Clone)]
pub(super) struct Liars {
    /// What they may do.
    pub(super) behaviours: Vec<&'static Form>,
    /// The rules that a liar among them breaks, where it breaks one.
    pub(super) rules: Vec<&'static str>,
    /// How many there are.
    pub(super) count: (u64, u64),
    /// How long each lies, where that has an end, in simulated milliseconds.
    pub(super) length_ms: (u64, u64),
}

/// How long after a room's creation its liars may begin, in simulated milliseconds.
const SETTLED_MS: u64 = 2_000;

impl Liars {
    /// The liars of a run that ends at `end_ms`, over this script.
    pub(super) fn expand(
        &self,
        dice: &Dice,
        script: &Script,
        end_ms: u64,
        drawn: &mut Drawn,
    ) -> Vec<Misbehaviour> {
        let count = dice.stream("liars", "count").within(self.count);
        let draw = |number: u64| {
            let draw = dice.stream("liars", &number.to_string());
            Lying { liars: self, script, draw, end_ms }.misbehaviour()
        };
        let mut lying: Vec<_> = (0..count).filter_map(draw).collect();
        let mut second_servers = BTreeSet::new();
        lying.retain(|one| !takes_a_second_server(one) || second_servers.insert(one.node.clone()));
        drawn.note("liars", &format!("{} of {count} that could be", lying.len()));
        lying
    }
}

/// Of two that do, a node can only be one.
fn takes_a_second_server(one: &Misbehaviour) -> bool {
    Form::of(one.behaviour.id).is_some_and(|form| form.takes_a_second_server)
}

/// One liar, being drawn.
struct Lying<'a> {
    liars: &'a Liars,
    script: &'a Script,
    draw: Stream,
    end_ms: u64,
}

impl Lying<'_> {
    fn misbehaviour(mut self) -> Option<Misbehaviour> {
        let form = self.draw.pick(&self.liars.behaviours)?;
        let created = |step: &&crate::script::Step| step.action == Action::Create;
        let steps: Vec<_> = self.script.steps.iter().filter(created).collect();
        let created = self.draw.pick(&steps)?;
        let begin_ms = created.at_ms + SETTLED_MS;
        let at_ms = self.draw.within((begin_ms, self.end_ms.max(begin_ms)));
        let length_ms = self.draw.within(self.liars.length_ms);
        let room = self.script.rooms.get(&created.room)?;
        let node = self.node(form.who, room)?;
        let mut behaviour = Behaviour {
            id: form.id,
            room: created.room.clone(),
            side: Vec::new(),
            user: None,
            rule: None,
            code: None,
        };
        for takes in form.takes {
            match takes {
                Takes::Side => behaviour.side = self.side(&node)?,
                Takes::User => behaviour.user = Some(self.user(|_| true)?),
                Takes::OwnUser => {
                    behaviour.user = Some(self.user(|it| it.uri.provider().as_str() == node)?);
                }
                Takes::Lie => behaviour.rule = Some(self.draw.pick(&self.liars.rules)?.to_owned()),
                Takes::Rule => {
                    let rules = rules_to_skip();
                    behaviour.rule = Some(self.draw.pick(&rules)?.to_owned());
                }
                Takes::Code => behaviour.code = Some(self.draw.pick(ids::LIED_CODES)?.to_owned()),
                Takes::MessageCode => {
                    let code = self.draw.pick(ids::LIED_MESSAGE_CODES)?;
                    behaviour.code = Some(code.to_owned());
                }
                Takes::End => {}
            }
        }
        let ends = form.lasts || form.takes.contains(&Takes::End);
        Some(Misbehaviour { at_ms, for_ms: ends.then_some(length_ms), node, behaviour })
    }

    fn node(&mut self, who: Who, room: &Room) -> Option<String> {
        let hub = room.uri.provider();
        match who {
            Who::Hub => Some(hub.to_string()),
            Who::Follower => Some(self.draw.pick(&self.followers(room))?.to_string()),
            Who::Client => {
                let users = self.script.users.values();
                let clients: Vec<_> = users.flat_map(|user| &user.clients).collect();
                Some(self.draw.pick(&clients)?.0.clone())
            }
        }
    }

    fn followers(&self, room: &Room) -> Vec<ProviderName> {
        let others = self.script.providers.iter();
        others.filter(|provider| *provider != room.uri.provider()).cloned().collect()
    }

    /// Some of the other providers, at least one.
    fn side(&mut self, node: &str) -> Option<Vec<ProviderName>> {
        let others = self.script.providers.iter().filter(|provider| provider.as_str() != node);
        let others: Vec<_> = others.cloned().collect();
        let certain = self.draw.pick(&others)?;
        let more = |it: &ProviderName, draw: &mut Stream| *it == certain || draw.happens(50);
        Some(others.into_iter().filter(|it| more(it, &mut self.draw)).collect())
    }

    fn user(&mut self, is_right: impl Fn(&User) -> bool) -> Option<String> {
        let right = self.script.users.iter().filter(|(_, user)| is_right(user));
        self.draw.pick(&right.map(|(name, _)| name.clone()).collect::<Vec<_>>())
    }
}

/// What a hub can fail to check.
fn rules_to_skip() -> Vec<&'static str> {
    RULES.iter().filter(|rule| rule.built_in().is_none()).map(|rule| rule.id).collect()
}
