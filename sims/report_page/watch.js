// Before the page's own scripts: keeps every error that the console would show.
"use strict";

window.seenErrors = [];
window.addEventListener("error", (it) => window.seenErrors.push(it.message));
console.error = (...words) => window.seenErrors.push(words.join(" "));
console.warn = console.error;
