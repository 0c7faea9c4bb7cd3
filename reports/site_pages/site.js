// The theme on every page of a site, and the choice of two trackers on pages that compare.

function $(id) {
  return document.getElementById(id);
}

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function stored() {
  try {
    return localStorage.getItem("sotbench-theme");
  } catch {
    return null; // some browsers give pages from disk no storage
  }
}

function toggleTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("sotbench-theme", root.dataset.theme);
  } catch {
    // The choice is then lost with the page.
  }
}

if (stored() === "dark" || stored() === "light") document.documentElement.dataset.theme = stored();
$("theme").addEventListener("click", toggleTheme);
document.addEventListener("keydown", (event) => {
  if (event.key === "t" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.matches("select, input")) toggleTheme();
});

function fixed(value, metric, signed = false) {
  if (value === null) return "–";
  return (signed && value > 0 ? "+" : "") + value.toFixed(metric.decimals);
}

// Returns the difference and its interval as a line with a dot; the middle is zero.
function whisker({ difference, low, high }, reach) {
  const percent = (value) => 50 + (50 * value) / reach;
  const picture = make("span", { class: "difference", "aria-hidden": "true" });
  const dot = make("b", {});
  dot.style.left = `${percent(difference)}%`;
  if (low !== null) {
    const line = make("i", {});
    line.style.left = `${percent(low)}%`;
    line.style.width = `${percent(high) - percent(low)}%`;
    picture.append(line);
  }
  picture.append(dot);
  return picture;
}

function startComparison({ trackers, metrics }) {
  const places = new Map(trackers.map(({ name }, place) => [name, place]));
  const found = (metric, a, b) => {
    const turned = places.get(a) > places.get(b);
    const pair = turned ? [places.get(b), places.get(a)] : [places.get(a), places.get(b)];
    const row = metric.pairs.find(([first, second]) => first === pair[0] && second === pair[1]);
    if (!row) return null;
    const [, , count, valueA, valueB, difference, low, high, p, better] = row;
    return turned
      ? { count, a: valueB, b: valueA, difference: -difference, low: low === null ? null : -high, high: high === null ? null : -low, p, better }
      : { count, a: valueA, b: valueB, difference, low, high, p, better };
  };
  const labelOf = (name) => trackers[places.get(name)].label;
  const draw = () => {
    const [a, b] = [$("first").value, $("second").value];
    const heads = ["Metric", labelOf(a), labelOf(b), "Difference", "95 % interval", "", "p, corrected", "Better"];
    const head = heads.map((label, place) => make("th", { scope: "col", class: place === 0 || place >= 5 ? "" : "number" }, label));
    const rows = [];
    let said = a === b ? "Choose two different trackers." : "These two have no common sequence.";
    for (const metric of metrics) {
      const one = a === b ? null : found(metric, a, b);
      if (!one) continue;
      const reach = Math.max(Math.abs(one.difference), Math.abs(one.low ?? 0), Math.abs(one.high ?? 0)) || 1;
      const better = one.better === null ? "not shown" : trackers[one.better].label;
      rows.push(make(
        "tr", {},
        make("th", { scope: "row" }, metric.label),
        make("td", { class: "number" }, fixed(one.a, metric)),
        make("td", { class: "number" }, fixed(one.b, metric)),
        make("td", { class: "number value" }, fixed(one.difference, metric, true)),
        make("td", { class: "number" }, one.low === null ? "–" : `${fixed(one.low, metric, true)} to ${fixed(one.high, metric, true)}`),
        make("td", {}, whisker(one, reach)),
        make("td", {}, one.p < 0.001 ? "< 0.001" : one.p.toFixed(3)),
        make("td", {}, better),
      ));
      if (rows.length === 1) {
        const what = one.better === null ? "No difference can be shown" : `${better} is better`;
        said = `${what} in ${metric.label}, on ${one.count} common ${one.count === 1 ? "sequence" : "sequences"}.`;
      }
    }
    $("result").replaceChildren(make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
    $("result").hidden = rows.length === 0;
    $("verdict").textContent = said;
  };
  const read = () => {
    const words = new URLSearchParams(location.hash.slice(1));
    if (places.has(words.get("a"))) $("first").value = words.get("a");
    if (places.has(words.get("b"))) $("second").value = words.get("b");
    draw();
  };
  for (const id of ["first", "second"]) {
    $(id).addEventListener("change", () => {
      history.replaceState(null, "", `#${new URLSearchParams({ a: $("first").value, b: $("second").value })}`);
      draw();
    });
  }
  addEventListener("hashchange", read);
  read();
}

const data = $("data");
if (data) startComparison(JSON.parse(data.textContent));
