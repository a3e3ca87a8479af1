// Where things stand: time downward, a lane to the right for each node.
"use strict";

const ROW = 15;
const AXIS = 96;
const LEAST_LANE = 100;

const view = {
  zoom: 1,
  trueTime: false,
  room: null,
  hidden: new Set(HIDDEN_AT_FIRST),
  folded: new Set(),
  selected: null,
  past: null,
};

const isShown = (event) => event.lane >= 0
  && !view.hidden.has(event.sort)
  && !view.folded.has(event.lane)
  && (view.room === null || !event.room || lastPart(event.room) === view.room);

/** The height of a stretch of time in which nothing is shown. */
function gap(ms) {
  if (view.trueTime) return (ms / 10) * view.zoom;
  return Math.min(34, 5 * Math.log2(1 + ms / 10)) * view.zoom;
}

/** Gives each event its `y`, shown or not, and says which are shown. */
function layOut() {
  const shown = [];
  const times = [];
  let y = 30;
  let last = events.length > 0 ? events[0].row : 0;
  let index = 0;
  while (index < events.length) {
    let end = index;
    const now = events[index].row;
    while (end < events.length && events[end].row === now) end += 1;
    const group = events.slice(index, end);
    const visible = group.filter(isShown);
    if (visible.length > 0 || view.trueTime) {
      y += gap(now - last);
      last = now;
    }
    const used = new Map();
    for (const event of group) event.y = y;
    for (const event of visible) {
      const slot = used.get(event.lane) ?? 0;
      event.y = y + slot * ROW;
      used.set(event.lane, slot + 1);
      shown.push(event);
    }
    if (visible.length > 0) {
      times.push({ y, ms: now });
      y += Math.max(...used.values()) * ROW;
    }
    index = end;
  }
  return { shown, times, height: y + 40 };
}

/** The lanes that are drawn, with their middles. */
function columns(width) {
  const open = run.lanes.map((lane, index) => ({ lane, index })).filter(({ index }) => !view.folded.has(index));
  const each = Math.max(LEAST_LANE, (width - AXIS) / Math.max(1, open.length));
  const x = new Map(open.map(({ index }, place) => [index, AXIS + each * place + 26]));
  return { open, each, x, width: AXIS + each * open.length };
}

/** The first place in `all`, which ascends by `y`, at or below `y`. */
function firstBelow(all, y) {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle].y < y) low = middle + 1;
    else high = middle;
  }
  return low;
}
