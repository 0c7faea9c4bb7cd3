// The table of sequences: a value per tracker, sorted by any column.

function cellMetric() {
  const names = cellMetrics().map((metric) => metric.name);
  return names.includes(state.cellMetric) ? state.cellMetric : names[0];
}

// Returns the metrics that are defined for single sequences.
function cellMetrics() {
  const { metrics, scores } = profileNow();
  return metrics.filter((metric) => scores.some((score) => score.values?.[metric.name]));
}

function sortSequences(key) {
  const now = state.sequenceSort;
  state.sequenceSort = { key, falling: now.key === key ? !now.falling : key === "frames" };
  drawSequences();
}

function drawSequences() {
  const metric = cellMetric();
  const select = $("cell-metric");
  select.replaceChildren(...cellMetrics().map(({ name, label }) => make("option", { value: name }, label)));
  select.value = metric;
  const { scores, metrics } = profileNow();
  const shownMetric = metrics.find((one) => one.name === metric);
  const shown = shownTrackers();
  const columns = shown.map((tracker) => scores[report.trackers.indexOf(tracker)]);
  const rows = selection().map((place) => ({
    place,
    sequence: report.sequences[place],
    cells: columns.map((score) => sequenceValue(score, metric, place)),
  }));
  const sort = state.sequenceSort;
  if (sort.key) {
    const column = shown.findIndex((tracker) => `tracker ${tracker.name}` === sort.key);
    const keyOf = (row) => {
      if (column >= 0) return row.cells[column];
      return sort.key === "frames" ? row.sequence.frames : row.sequence.name.toLocaleLowerCase();
    };
    rows.sort((a, b) => compare(keyOf(a), keyOf(b), sort.falling));
  }
  const head = [
    sortHeading("Sequence", "name", sort, sortSequences),
    sortHeading("Frames", "frames", sort, sortSequences, { class: "number" }),
    make("th", { scope: "col", class: "wide" }, "Attributes"),
    ...shown.map((tracker) => sortHeading(
      [swatch(tracker), nameOf(tracker, { class: "clip" })],
      `tracker ${tracker.name}`, sort, sortSequences, { class: "number", title: tracker.label },
    )),
  ];
  fillTable($("sequences"), head, rows.map((row) => make(
    "tr",
    { class: row.sequence.name === state.sequence ? "chosen" : null },
    make("th", { scope: "row" }, sequenceButton(row.sequence)),
    make("td", { class: "number" }, row.sequence.frames.toLocaleString("en")),
    make("td", { class: "wide muted" }, row.sequence.attributes.join(" ")),
    ...row.cells.map((value) => heatCell(value, shownMetric)),
  )));
}

function sequenceButton(sequence) {
  return make("button", { type: "button", class: "link", click: () => openSequence(sequence.name) }, sequence.name);
}

function heatCell(value, metric) {
  const heat = metric?.less === false;
  const cell = make("td", { class: heat ? "number heat" : "number" }, figure(value, metric));
  if (value !== null && heat) cell.style.setProperty("--share", `${Math.round(100 * Math.min(value, 1))}%`);
  return cell;
}

// Opens the next or previous shown sequence.
function stepSequence(step) {
  const names = [...$("sequences").querySelectorAll("tbody .link")].map((button) => button.textContent);
  const place = names.indexOf(state.sequence);
  const next = names[place < 0 ? 0 : place + step];
  if (next !== undefined) openSequence(next);
}
