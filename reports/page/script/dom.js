// Elements, texts and colors. Text is always inserted as text: nothing from a file becomes markup.

function $(id) {
  return document.getElementById(id);
}

// An element with attributes (functions become listeners) and children (elements or text).
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

// Plotly interprets a few tags in texts; escaped, they are shown verbatim.
function plotText(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function figure(value, metric) {
  if (value === null || value === undefined) return "–";
  return value.toFixed(metric.decimals);
}

// Returns a color of the style sheet in a form for Plotly and canvases.
function color(name) {
  const probe = make("span", { style: `color: var(--${name})`, hidden: true });
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

// Returns a tracker's color; black would be invisible on a dark page.
function trackerColor(tracker) {
  return tracker.style.color === "#000000" ? color("ink") : tracker.style.color;
}

// Returns a tracker's name, bold if it is highlighted.
function nameOf(tracker, attributes = {}) {
  return make(tracker.style.highlight ? "strong" : "span", attributes, tracker.label);
}

// Returns the trackers in the order of drawing: highlighted ones last, on top.
function drawingOrder(trackers) {
  return [...trackers].sort((a, b) => a.style.highlight - b.style.highlight);
}

function swatch(tracker) {
  const ink = trackerColor(tracker);
  const dashes = tracker.style.dash === "solid" ? "" : tracker.style.dash.replaceAll("px", "");
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("class", "swatch");
  picture.setAttribute("viewBox", "0 0 26 10");
  picture.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  const drawn = { x1: 1, x2: 25, y1: 5, y2: 5, stroke: ink, "stroke-width": 3, "stroke-dasharray": dashes };
  for (const [name, value] of Object.entries(drawn)) line.setAttribute(name, value);
  picture.append(line);
  return picture;
}

// Returns the heading of a sortable column.
function sortHeading(label, key, sort, choose, attributes = {}) {
  const sorted = sort.key === key;
  const direction = sort.falling ? "descending" : "ascending";
  const parts = Array.isArray(label) ? label : [label];
  const button = make("button", { type: "button", click: () => choose(key) }, ...parts);
  return make("th", { scope: "col", "aria-sort": sorted ? direction : "none", ...attributes }, button);
}

// Replaces the content of a table; keeps the keyboard focus.
function fillTable(table, head, rows) {
  const places = [...table.querySelectorAll("button, input")];
  const focused = places.indexOf(document.activeElement);
  table.replaceChildren(make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
  if (focused >= 0) table.querySelectorAll("button, input")[focused]?.focus({ preventScroll: true });
}
