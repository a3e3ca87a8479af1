// Draws the part of the diagram that is on the screen.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 400;

const board = document.getElementById("board");
const scroller = document.getElementById("scroller");
const heads = document.getElementById("heads");
let plan = null;
let cols = null;

function shape(name, attributes, parent, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

const isFaded = (event) => view.past !== null && !view.past.has(event.n);
const colourOf = (stretch) => stretch.fork > 0
  ? `var(--fork-${(stretch.fork - 1) % 3})` : `var(--epoch-${stretch.epoch % 8})`;
const yAt = (index, otherwise) => (index === null ? otherwise : events[index].y);

/** Lays everything out anew: after a filter, a zoom, another width. */
function redraw() {
  plan = layOut();
  cols = columns(scroller.clientWidth - 2);
  board.setAttribute("height", plan.height);
  board.setAttribute("width", cols.width);
  drawHeads();
  drawWindow();
}

function drawHeads() {
  heads.replaceChildren();
  heads.style.width = `${cols.width}px`;
  let provider = null;
  for (const { lane, index } of cols.open) {
    const head = document.createElement("button");
    head.type = "button";
    head.className = `head ${lane.kind}${lane.provider === provider ? "" : " first"}`;
    provider = lane.provider;
    head.style.left = `${cols.x.get(index) - 26}px`;
    head.style.width = `${cols.each}px`;
    head.title = `${lane.name}${lane.user ? `, a client of ${lane.user}` : ""}: press to fold this lane away`;
    head.textContent = lane.name;
    if (lane.user) head.append(Object.assign(document.createElement("small"), { textContent: ` ${lane.user}` }));
    if (lane.lies) head.append(Object.assign(document.createElement("small"), { textContent: " lies", className: "lies" }));
    head.addEventListener("click", () => foldLane(index));
    heads.append(head);
  }
}

/** Draws what lies between the edges of the window, and a little more. */
function drawWindow() {
  const top = scroller.scrollTop - MARGIN;
  const bottom = scroller.scrollTop + scroller.clientHeight + MARGIN;
  const layers = ["lanes", "spans", "bands", "marks", "wires", "events"];
  const made = Object.fromEntries(layers.map((name) => [name, document.createElementNS(SVG, "g")]));
  for (const name of layers) made[name].setAttribute("class", name);
  drawLanes(made, top, bottom);
  drawTimes(made.lanes, top, bottom);
  drawWires(made.wires, top, bottom);
  const from = Math.max(0, firstBelow(plan.shown, top - 200));
  for (let index = from; index < plan.shown.length && plan.shown[index].y < bottom + 200; index += 1) {
    drawEvent(made.events, plan.shown[index]);
  }
  drawViolations(made.marks);
  board.replaceChildren(board.querySelector("defs"), ...Object.values(made));
}

function drawLanes(made, top, bottom) {
  const [low, high] = [Math.max(0, top), Math.min(plan.height, bottom)];
  const cut = (from, until) => [Math.max(yAt(from, 0), low), Math.min(yAt(until, plan.height), high)];
  for (const { index } of cols.open) {
    const x = cols.x.get(index);
    shape("line", { x1: x, x2: x, y1: low, y2: high, class: "lane" }, made.lanes);
    const lane = spans[index];
    for (const span of lane) {
      const [y1, y2] = cut(span.from, span.until);
      if (y2 <= y1) continue;
      const kind = span.what.startsWith("cut") ? "cut" : span.what;
      const wide = kind === "lies" ? { x: x - 22, width: 4 } : { x: x - 24, width: cols.each - 6 };
      const box = shape("rect", { ...wide, y: y1, height: y2 - y1, class: `span ${kind}` }, made.spans);
      shape("title", {}, box, span.what);
    }
    const rooms = [...new Set(stretches[index].map((it) => it.room))];
    const seen = rooms.filter((room) => view.room === null || room === view.room);
    for (const stretch of stretches[index].filter((it) => seen.includes(it.room))) {
      const [y1, y2] = cut(stretch.from, stretch.until);
      if (y2 <= y1) continue;
      const left = x - 4 - 9 * seen.indexOf(stretch.room);
      drawBand(made.bands, stretch, left, y1, y2, low);
    }
  }
}

function drawBand(parent, stretch, x, y1, y2, top) {
  const place = { x, y: y1, width: 8, height: y2 - y1, rx: 2 };
  const band = shape("rect", { ...place, fill: colourOf(stretch), class: "band" }, parent);
  const fork = stretch.fork > 0 ? `, another room than the rest has (${stretch.fork + 1})` : "";
  shape("title", {}, band, `${stretch.room}: epoch ${stretch.epoch}${fork}`);
  if (stretch.fork > 0) shape("rect", { ...place, fill: "url(#forked)", class: "band" }, parent);
  if (y2 - y1 > 14) {
    const y = Math.max(y1, top + MARGIN + 4) + 11;
    if (y < y2) shape("text", { x: x - 3, y, class: "epoch" }, parent, stretch.epoch);
  }
}

function drawTimes(parent, top, bottom) {
  let last = -100;
  for (let index = firstBelow(plan.times, top); index < plan.times.length; index += 1) {
    const { y, ms } = plan.times[index];
    if (y > bottom) break;
    if (y - last < 14) continue;
    last = y;
    shape("text", { x: AXIS - 30, y: y + 4, class: "time" }, parent, seconds(ms));
  }
}

/** A request is a line from where it set off to where it had an effect; answers are fainter. */
function drawWires(parent, top, bottom) {
  if (view.hidden.has("requests") && view.hidden.has("mail")) return;
  for (const wire of wires) {
    const { request, response, arrival, fates, to } = wire;
    if (view.hidden.has(request.sort) || !cols.x.has(to) || !cols.x.has(request.lane)) continue;
    if (view.room !== null && request.room && lastPart(request.room) !== view.room) continue;
    const end = (response ?? arrival ?? request).y;
    if (end < top || request.y > bottom) continue;
    drawWire(parent, wire, cols.x.get(request.lane), cols.x.get(to), arrival?.y ?? (request.y + end) / 2, fates);
  }
}

function drawWire(parent, { request, response, lost }, x1, x2, y2, fates) {
  const answerLost = fates.includes("response lost") || (!lost && response?.status === 0);
  const kinds = [lost && "lost", fates.includes("delayed") && "late", fates.includes("repeated") && "twice",
    fates.includes("turned away") && "lost", isFaded(request) && "faded"].filter(Boolean);
  const tip = lost ? 0.6 : 1;
  const [x, y] = [x1 + (x2 - x1) * tip, request.y + (y2 - request.y) * tip];
  const line = { x1, y1: request.y, x2: x, y2: y, class: `wire ${kinds.join(" ")}` };
  if (!lost) line["marker-end"] = "url(#arrow)";
  const drawn = shape("line", line, parent);
  shape("title", {}, drawn, `${request.endpoint}: ${fates.join(", ") || "as usual"}`);
  if (fates.includes("repeated")) shape("line", { ...line, y1: line.y1 + 4, y2: line.y2 + 4 }, parent);
  if (lost) shape("text", { x, y: y + 4, class: "cross" }, parent, "✕");
  if (!response || lost) return;
  const stop = answerLost ? 0.6 : 1;
  const [bx, by] = [x2 + (x1 - x2) * stop, y2 + (response.y - y2) * stop];
  shape("line", { x1: x2, y1: y2, x2: bx, y2: by, class: `wire answer ${kinds.join(" ")}` }, parent);
  if (answerLost) shape("text", { x: bx, y: by + 4, class: "cross" }, parent, "✕");
}

function drawEvent(parent, event) {
  const x = cols.x.get(event.lane);
  const y = event.y;
  const classes = ["event", event.sort, event.event, isFaded(event) ? "faded" : "",
    event === view.selected ? "selected" : "", run.violations.some((it) => it.event === event.n) ? "broken" : ""];
  const group = shape("g", { class: classes.join(" "), "data-n": event.n }, parent);
  shape("circle", { cx: x, cy: y, r: event.sort === "requests" || event.sort === "mail" ? 2.5 : 4.5 }, group);
  const room = Math.floor((cols.each - 42) / 6.3);
  const text = brief(event);
  const label = text.length > room ? `${text.slice(0, Math.max(1, room - 1))}…` : text;
  shape("text", { x: x + 9, y: y + 4 }, group, label);
  shape("title", {}, group, `${event.node} ${run.said[byPlace.get(event.n)]}`);
}

function drawViolations(parent) {
  for (const { event: n, invariant } of run.violations) {
    const event = at(n);
    if (!event) continue;
    const y = event.y;
    shape("line", { x1: 0, x2: cols.width, y1: y, y2: y, class: "violation" }, parent);
    shape("text", { x: 4, y: y - 5, class: "violation" }, parent, invariant);
  }
}
