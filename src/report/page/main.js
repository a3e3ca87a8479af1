// The controls: what is shown, which event is chosen, and the keys for both.
"use strict";

const slider = document.getElementById("step");
const place = document.getElementById("place");

function select(event, scroll) {
  view.selected = event ?? null;
  view.past = event && document.getElementById("past").checked ? grounds(event) : null;
  if (event) {
    const shown = plan.shown.indexOf(event);
    slider.value = shown < 0 ? firstBelow(plan.shown, event.y) : shown + 1;
    place.textContent = `${seconds(event.at_ms)}, event ${event.n} of ${run.total}`;
    slider.setAttribute("aria-valuetext", `${event.node} ${run.said[byPlace.get(event.n)]}`);
  }
  if (event && scroll) scroller.scrollTop = Math.max(0, event.y - scroller.clientHeight / 2);
  drawWindow();
  showPanel();
}

/** Draws all of it anew and keeps the chosen event where it is on the screen. */
function refresh() {
  const anchor = view.selected;
  const before = anchor ? anchor.y - scroller.scrollTop : 0;
  redraw();
  slider.max = plan.shown.length;
  slider.value = anchor ? plan.shown.indexOf(anchor) + 1 : 0;
  if (anchor) scroller.scrollTop = anchor.y - before;
  drawWindow();
}

function foldLane(index) {
  view.folded.add(index);
  document.getElementById("unfold").hidden = false;
  refresh();
}

function step(by) {
  if (plan.shown.length === 0) return;
  const now = plan.shown.indexOf(view.selected);
  const next = now < 0 ? firstBelow(plan.shown, scroller.scrollTop) : now + by;
  select(plan.shown[Math.min(plan.shown.length - 1, Math.max(0, next))], true);
}

function zoom(by) {
  view.zoom = Math.min(16, Math.max(0.25, view.zoom * by));
  refresh();
}

const KEYS = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  j: () => step(1),
  k: () => step(-1),
  Home: () => select(plan.shown[0], true),
  End: () => select(plan.shown.at(-1), true),
  "+": () => zoom(1.5),
  "-": () => zoom(1 / 1.5),
  v: () => run.violations.length > 0 && select(at(run.violations[0].event), true),
  p: () => document.getElementById("past").click(),
  Escape: () => select(null, false),
};

scroller.addEventListener("keydown", (pressed) => {
  const action = KEYS[pressed.key];
  if (!action || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return;
  pressed.preventDefault();
  action();
});
scroller.addEventListener("scroll", () => requestAnimationFrame(drawWindow), { passive: true });
board.addEventListener("click", (click) => {
  const chosen = click.target.closest("[data-n]");
  if (chosen) select(at(Number(chosen.dataset.n)), false);
});
slider.addEventListener("input", () => select(plan.shown[slider.value - 1], true));
document.getElementById("back").addEventListener("click", () => step(-1));
document.getElementById("on").addEventListener("click", () => step(1));
document.getElementById("in").addEventListener("click", () => zoom(1.5));
document.getElementById("out").addEventListener("click", () => zoom(1 / 1.5));
document.getElementById("true-time").addEventListener("change", (it) => {
  view.trueTime = it.target.checked;
  refresh();
});
document.getElementById("past").addEventListener("change", () => select(view.selected, false));
document.getElementById("unfold").addEventListener("click", (it) => {
  view.folded.clear();
  it.target.hidden = true;
  refresh();
});
document.getElementById("room").addEventListener("change", (it) => {
  view.room = it.target.value || null;
  refresh();
  showPanel();
});
for (const box of document.querySelectorAll("#kinds input")) {
  box.checked = !view.hidden.has(box.value);
  box.addEventListener("change", () => {
    if (box.checked) view.hidden.delete(box.value);
    else view.hidden.add(box.value);
    refresh();
  });
}
for (const button of document.querySelectorAll("[data-event]")) {
  button.addEventListener("click", () => {
    select(at(Number(button.dataset.event)), true);
    scroller.focus();
  });
}
window.addEventListener("resize", refresh);

/** The event that the address names, as in `report.html#229`; else the first violation. */
function first() {
  const named = at(Number(location.hash.slice(1)));
  return named ?? (run.violations.length > 0 ? at(run.violations[0].event) : undefined);
}

refresh();
select(first(), true);
window.addEventListener("hashchange", () => select(first(), true));
