// What each node has at a moment: the trace, folded up to there.
"use strict";

/** Room states are written out once a node and named by their hash afterwards. */
const views = new Map();
for (const event of events) {
  if (event.state?.view) views.set(event.state.hash, event.state.view);
}

const freshRoom = () => ({ epoch: null, members: [], participants: [], pending: [] });

function roomOf(node, uri) {
  const name = lastPart(uri);
  node.rooms[name] ??= freshRoom();
  return node.rooms[name];
}

function enter(room, event) {
  const view = views.get(event.state.hash);
  room.epoch = event.epoch;
  room.authenticator = event.authenticator;
  room.context = event.context;
  room.members = event.members.map((member) => lastPart(member.client)).sort();
  room.participants = (view?.participants ?? [])
    .map((it) => `${lastPart(it.user)} (${view.roles.find((role) => role.index === it.role)?.name ?? it.role})`);
}

/** Takes one event into the states of all nodes. */
function fold(nodes, event) {
  const node = nodes[event.node];
  const clientsOf = (event.clients ?? []);
  switch (event.event) {
    case "crashed": node.up = false; break;
    case "restarted": node.up = true; break;
    case "offline": node.online = false; break;
    case "online": node.online = true; break;
    case "behaviour_began": node.lies = event.behaviour; break;
    case "behaviour_ended": node.lies = null; break;
    case "entered": enter(roomOf(node, event.room), event); break;
    case "shadowed":
      if (event.stage === "committed") enter(roomOf(node, event.room), event);
      break;
    case "removed": Object.assign(roomOf(node, event.room), freshRoom(), { out: true }); break;
    case "accepted": {
      const room = roomOf(node, event.room);
      if (event.kind === "proposals") room.pending = [...room.pending, event.n];
      else if (event.kind !== "message") room.pending = [];
      break;
    }
    case "queued":
      for (const client of clientsOf) nodes[lastPart(client)]?.mail.add(event.digest);
      break;
    default:
  }
  const read = event.commit ?? event.digest;
  if (read && ["entered", "delivered", "passed", "rejected", "buffered", "unreadable", "removed"]
    .includes(event.event)) {
    node?.mail.delete(read);
  }
}

/** The states after the first `count` events. Nodes are read only; each call makes new ones. */
function statesAfter(count) {
  const nodes = {};
  for (const lane of run.lanes) {
    nodes[lane.name] = { up: true, online: true, lies: null, rooms: {}, mail: new Set() };
  }
  for (let index = 0; index < count; index += 1) fold(nodes, events[index]);
  return nodes;
}

/** Which of a room's states at one epoch somebody has: 0 for the first, more for a fork. */
const forks = new Map();
function forkOf(uri, epoch, context, authenticator) {
  const key = `${uri} ${epoch}`;
  if (!forks.has(key)) forks.set(key, []);
  const known = forks.get(key);
  const same = (it) => it.context === context
    && (it.authenticator === authenticator || !authenticator || !it.authenticator);
  let place = known.findIndex(same);
  if (place < 0) place = known.push({ context, authenticator }) - 1;
  known[place].authenticator ??= authenticator;
  return place;
}

/** For each lane, the stretches in which it is at one epoch of one room, by places in `events`. */
function findStretches() {
  const stretches = run.lanes.map(() => []);
  const open = new Map();
  events.forEach((event, index) => {
    const enters = event.event === "entered"
      || (event.event === "shadowed" && event.stage === "committed");
    const leaves = event.event === "removed";
    if (!(enters || leaves) || event.lane < 0) return;
    const key = `${event.lane} ${event.room}`;
    const before = open.get(key);
    if (before) before.until = index;
    open.delete(key);
    if (!enters) return;
    const fork = forkOf(event.room, event.epoch, event.context, event.authenticator);
    const stretch = { room: lastPart(event.room), epoch: event.epoch, fork, from: index, until: null };
    stretches[event.lane].push(stretch);
    open.set(key, stretch);
  });
  return stretches;
}
const stretches = findStretches();

/** For each lane, the spans in which something is not as usual. */
function findSpans() {
  const spans = run.lanes.map(() => []);
  const open = new Map();
  const begin = (lane, what, index) => {
    if (lane < 0 || open.has(`${lane} ${what}`)) return;
    const span = { what, from: index, until: null };
    spans[lane].push(span);
    open.set(`${lane} ${what}`, span);
  };
  const end = (lane, what, index) => {
    const span = open.get(`${lane} ${what}`);
    if (span) span.until = index;
    open.delete(`${lane} ${what}`);
  };
  const host = (name) => run.lanes.findIndex((lane) => lane.name === name);
  events.forEach((event, index) => {
    switch (event.event) {
      case "crashed": begin(event.lane, "down", index); break;
      case "restarted": end(event.lane, "down", index); break;
      case "offline": begin(event.lane, "offline", index); break;
      case "online": end(event.lane, "offline", index); break;
      case "behaviour_began": begin(event.lane, "lies", index); break;
      case "behaviour_ended": end(event.lane, "lies", index); break;
      case "partitioned": case "held":
        begin(host(event.from), `cut off from ${event.to}`, index);
        begin(host(event.to), `cut off from ${event.from}`, index);
        break;
      case "healed":
        end(host(event.from), `cut off from ${event.to}`, index);
        end(host(event.to), `cut off from ${event.from}`, index);
        break;
      default:
    }
  });
  return spans;
}
const spans = findSpans();
