// The settings, progress and failures of each run.

function drawRuns() {
  const open = new Set([...$("runs").querySelectorAll("details[open]")].map((one) => one.dataset.tracker));
  $("runs").replaceChildren(...report.trackers.map((tracker) => runCard(tracker, open.has(tracker.name))));
}

function runCard(tracker, open) {
  const { run } = tracker;
  const progress = make("progress", { max: run.of, value: run.done, "aria-label": "sequences that were run" });
  const bad = run.lacking.length;
  const summary = make(
    "summary",
    {},
    swatch(tracker),
    nameOf(tracker, { class: "name" }),
    bad ? make("span", { class: "badge bad" }, `${bad} not scored`) : null,
    make("span", { class: "badge" }, `${run.done} of ${run.of}`),
    progress,
  );
  const card = make("details", { class: "card run", "data-tracker": tracker.name }, summary);
  card.open = open;
  for (const remark of run.remarks) card.append(make("p", { class: "note" }, `${remark}.`));
  if (bad) card.append(lackingTable(run.lacking));
  const facts = Object.entries(run.identity ?? {}).map(([name, value]) => [name, plain(value)]);
  card.append(make("h3", {}, run.identity ? "Made with" : "Made by another tool"), factList(facts));
  for (const environment of run.environments) {
    const lines = Object.entries(environment).map(([name, value]) => [name, plain(value)]);
    card.append(make("h3", {}, "Environment"), factList(lines));
  }
  return card;
}

function lackingTable(lacking) {
  const rows = lacking.map(({ sequence, status, message, traceback }) => make(
    "tr",
    {},
    make("th", { scope: "row" }, sequence),
    make("td", {}, make("span", { class: "badge bad" }, status)),
    make(
      "td",
      {},
      message,
      traceback ? make("details", {}, make("summary", {}, "traceback"), make("pre", {}, traceback)) : null,
    ),
  ));
  const head = ["Sequence", "Status", "Message"].map((label) => make("th", { scope: "col" }, label));
  return make("div", { class: "scroll" }, make(
    "table", { class: "lacking" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows),
  ));
}

function factList(facts) {
  return make("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [
    make("dt", {}, name.replaceAll("_", " ")), make("dd", {}, value),
  ]));
}

function plain(value) {
  if (value === null) return "–";
  if (Array.isArray(value)) return value.map(plain).join("; ");
  if (typeof value !== "object") return String(value);
  const parts = Object.entries(value).filter(([, inner]) => inner !== null);
  return parts.map(([name, inner]) => `${name} ${plain(inner)}`).join(", ") || "–";
}
