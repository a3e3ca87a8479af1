// What stands beside the diagram: one event in full, and what each node has before and after it.
"use strict";

const panel = document.getElementById("panel");
const states = document.getElementById("states");

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** The button that leads to an event. */
function link(event) {
  const text = `${seconds(event.at_ms)} ${event.node} ${run.said[byPlace.get(event.n)]}`;
  const made = element("button", { type: "button", className: "link", textContent: text });
  made.addEventListener("click", () => select(event, true));
  return made;
}

/** The entry as it stands in the trace. */
function decoded(event) {
  const own = new Set(["sort", "lane", "row", "y"]);
  return JSON.stringify(event, (key, value) => (own.has(key) ? undefined : value), 2);
}

function showPanel() {
  const event = view.selected;
  if (!event) {
    panel.replaceChildren(element("p", { className: "hint",
      textContent: "Choose an event: by a click, with the arrow keys, or on the slider below." }));
    states.replaceChildren(statesTable(statesAfter(events.length), statesAfter(events.length)));
    return;
  }
  const index = byPlace.get(event.n);
  const broken = run.violations.filter((it) => it.event === event.n)
    .map((it) => element("p", { className: "broken", textContent: `${it.invariant}: ${it.why}` }));
  const causes = causesOf(event);
  const because = causes.length === 0 ? [] : [element("h3", { textContent: "Because of" }),
    element("ul", {}, ...causes.map((it) => element("li", {}, link(it))))];
  const full = element("details", {}, element("summary", { textContent: "The event as it stands in the trace" }),
    element("pre", { textContent: decoded(event) }));
  panel.replaceChildren(
    element("h2", { textContent: `${event.node} at ${seconds(event.at_ms)}` }),
    element("p", { textContent: `${event.node} ${run.said[index]}.` }),
    ...broken, ...because, full,
  );
  states.replaceChildren(statesTable(statesAfter(index), statesAfter(index + 1)));
}

/** What a node has of a room, as the cells of a row. */
function cells(node, name) {
  const room = node.rooms[name];
  const health = [node.up ? "" : "down", node.online ? "" : "offline", node.lies ?? ""].filter(Boolean).join(", ");
  if (!room) return [health, "", "", "", "", "", `${node.mail.size || ""}`];
  return [
    health || (room.out ? "out" : ""),
    room.epoch === null ? "" : `${room.epoch}`,
    (room.authenticator ?? room.context ?? "").slice(0, 8),
    room.members.join(" "),
    room.participants.join(", "),
    room.pending.map((n) => `event ${n}`).join(", "),
    `${node.mail.size || ""}`,
  ];
}

function statesTable(before, after) {
  const names = run.rooms.map((room) => room.name).filter((it) => view.room === null || it === view.room);
  const columns = ["node", "is", "epoch", "state", "members", "participants", "waiting proposals", "mail"];
  const head = element("tr", {}, ...columns.map((it) => element("th", { scope: "col", textContent: it })));
  const body = names.flatMap((name) => [
    element("tr", {}, element("th", { colSpan: columns.length, className: "room", textContent: name })),
    ...run.lanes.filter((lane) => lane.kind !== "world").map((lane) => {
      const [was, is] = [cells(before[lane.name], name), cells(after[lane.name], name)];
      const data = is.map((text, place) => {
        const changed = text !== was[place];
        const cell = element("td", { textContent: text, className: changed ? "changed" : "" });
        if (changed) cell.prepend(element("del", { textContent: was[place] || "nothing" }), " ");
        return cell;
      });
      return element("tr", {}, element("th", { scope: "row", textContent: lane.name }), ...data);
    }),
  ]);
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
  return element("div", { className: "wide" }, table);
}
