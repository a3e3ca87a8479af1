// After the page's own scripts: uses the page as a person would, and writes down what it sees.
"use strict";

{
  const seen = { ready_ms: performance.now(), errors: window.seenErrors };
  const text = () => document.getElementById("panel").textContent;
  const marks = () => [...document.querySelectorAll("#board .event")];
  const press = (key) => document.getElementById("scroller")
    .dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

  seen.chosen = text();
  seen.violations = document.querySelectorAll("#board line.violation").length;
  seen.faded = document.querySelectorAll("#board .faded").length;
  const violation = document.querySelector("#board line.violation");
  const crossed = violation ? [...document.querySelectorAll("#board .band")].filter((band) => {
    const [box, y] = [band.getBBox(), Number(violation.getAttribute("y1")) + 1];
    return box.y <= y && y <= box.y + box.height && !band.getAttribute("fill").startsWith("url");
  }) : [];
  seen.colours = new Set(crossed.map((band) => band.getAttribute("fill"))).size;
  seen.forks = [...document.querySelectorAll("#board .band")]
    .filter((band) => band.getAttribute("fill").startsWith("var(--fork")).length;

  // Labels that lie over each other, in the part that is drawn.
  const boxes = marks().map((mark) => mark.querySelector("text"))
    .map((label) => ({ label: label.textContent, box: label.getBoundingClientRect() }));
  seen.overlaps = boxes.flatMap((one, place) => boxes.slice(place + 1)
    .filter((other) => one.box.left < other.box.right - 1 && other.box.left < one.box.right - 1
      && one.box.top < other.box.bottom - 3 && other.box.top < one.box.bottom - 3)
    .map((other) => `${one.label} / ${other.label}`));

  const shown = plan.shown.map((event) => event.y);
  seen.downward = shown.every((y, place) => Number.isFinite(y) && (place === 0 || y >= shown[place - 1] - 200));

  const wanted = marks().find((mark) => !mark.classList.contains("selected"));
  wanted.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  seen.clicked = text() !== seen.chosen && document.querySelectorAll("#board .selected").length === 1;

  const before = text();
  press("ArrowDown");
  seen.stepped = text() !== before;
  press("ArrowUp");

  const slider = document.getElementById("step");
  slider.value = slider.max;
  slider.dispatchEvent(new Event("input"));
  seen.slid = text() !== before && document.querySelectorAll("#states td").length > 0;

  const all = Number(slider.max);
  const box = document.querySelector("#kinds input[value=requests]");
  box.click();
  seen.filtered = Number(slider.max) < all;
  box.click();
  seen.filtered &&= Number(slider.max) === all;

  const lanes = document.querySelectorAll("#heads .head").length;
  document.querySelector("#heads .head.client").click();
  seen.folded = document.querySelectorAll("#heads .head").length === lanes - 1;
  document.getElementById("unfold").click();
  seen.folded &&= document.querySelectorAll("#heads .head").length === lanes;
  press("+");
  press("-");
  press("p");
  press("Escape");

  const out = document.createElement("pre");
  out.id = "seen";
  out.textContent = JSON.stringify(seen);
  document.body.append(out);
}
