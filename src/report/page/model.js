// The run as the page holds it: events, lanes, requests, and what is what.
"use strict";

const run = JSON.parse(document.getElementById("run").textContent);

/** Events by their place in the trace; `at(n)` for places from 1, whatever was left out. */
const events = run.events;
const byPlace = new Map(events.map((event, index) => [event.n, index]));
const at = (n) => events[byPlace.get(n)];

/** What the boxes above the diagram switch: which events belong to which kind. */
const KINDS = {
  wishes: ["intent", "intent_ended"],
  decisions: ["accepted", "refused", "answered", "exiting", "account_deleted", "reported"],
  epochs: ["entered", "removed", "resyncing", "rejected", "buffered", "unreadable", "restart_found"],
  messages: ["submitted", "delivered"],
  requests: ["request", "response", "couriered"],
  faults: ["crashed", "restarted", "offline", "online", "clock_set", "partitioned", "healed",
    "held", "behaviour_began", "behaviour_ended"],
  alarms: ["alarmed", "claimed"],
  world: ["phase_began", "probed", "opened", "seen", "kept", "cloned", "shut_out"],
  mail: [],
  bookkeeping: [],
};
const HIDDEN_AT_FIRST = new Set(["mail", "bookkeeping"]);
const KIND_OF = new Map(Object.entries(KINDS).flatMap(([kind, all]) => all.map((it) => [it, kind])));

const isMail = (event) => event.event === "request"
  ? event.endpoint === "client/mailbox"
  : event.request !== undefined && at(event.request)?.endpoint === "client/mailbox";

// Within a tick of the simulation, nodes run one after the other, each on its own clock: a later
// event may have an earlier time. In the diagram time never goes back.
let latest = 0;
for (const event of events) {
  latest = Math.max(latest, event.at_ms);
  event.row = latest;
  event.sort = isMail(event) ? "mail" : KIND_OF.get(event.event) ?? "bookkeeping";
  event.lane = run.lanes.findIndex((lane) => lane.name === event.node);
}

const lastPart = (uri) => (uri ?? "").split("/").pop();
const seconds = (ms) => `${(ms / 1000).toFixed(3)} s`;

/** A few words for the diagram. The whole sentence stands in the panel. */
function brief(event) {
  const commits = { commit: "commit", external_commit: "external commit", created: "created" };
  switch (event.event) {
    case "intent": return `${event.wish} ${lastPart(event.object)}`.trim();
    case "intent_ended": return event.fate;
    case "accepted": return event.kind === "message" ? "message" : event.kind === "proposals"
      ? "proposals" : `${commits[event.kind]} → ${event.kind === "created" ? 0 : event.epoch + 1}`;
    case "refused": return `✗ ${event.rule}`;
    case "entered": return `epoch ${event.epoch}`;
    case "removed": return "out";
    case "resyncing": return "sets out to return";
    case "rejected": return `✗ ${event.rule}`;
    case "submitted": return "sends";
    case "delivered": return `reads ${lastPart(event.sender)}`;
    case "request": return event.endpoint.replace("client/", "");
    case "response": return event.status === 0 ? "no answer" : `${event.status}`;
    case "couriered": return event.what;
    case "behaviour_began": return `lies: ${event.behaviour}`;
    case "behaviour_ended": return `ends: ${event.behaviour}`;
    case "phase_began": return event.phase;
    case "alarmed": return `alarm: ${event.detector}`;
    case "partitioned": case "held": case "healed":
      return `${event.event}: ${event.from} → ${event.to}`;
    default: return event.event.replaceAll("_", " ");
  }
}

/** Requests with where they arrived and what became of them. */
const wires = run.wires
  .map(({ request, arrival, response, lost, fates }) => (
    { request: at(request), arrival: at(arrival), response: at(response), lost, fates }))
  .map((wire) => ({ ...wire, to: run.lanes.findIndex((lane) => lane.name === wire.request.to) }))
  .filter((wire) => wire.to >= 0);

/** What an event rests on directly, and everything that led to it. */
const causesOf = (event) => run.causes[byPlace.get(event.n)].map(at).filter(Boolean);
function pastOf(event) {
  const past = new Set();
  const open = [event];
  while (open.length > 0) {
    const next = open.pop();
    if (!past.has(next.n)) {
      past.add(next.n);
      open.push(...causesOf(next));
    }
  }
  return past;
}

/** What led to an event; where a violation shows at it, to both of its sides. */
function grounds(event) {
  const past = pastOf(event);
  const others = run.violations.filter((it) => it.event === event.n).map((it) => at(it.other));
  for (const other of others.filter(Boolean)) pastOf(other).forEach((n) => past.add(n));
  return past;
}
