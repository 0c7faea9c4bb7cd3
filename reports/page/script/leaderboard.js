// The table of trackers: values with their intervals, sorted by any column.

function boardSort() {
  if (!state.sort && report.ordered) return { key: null, falling: false }; // as the report has them
  const main = mainMetric();
  return state.sort ?? { key: main ? main.name : "tracker", falling: main ? !main.less : false };
}

function sortBoard(key) {
  const metric = profileNow().metrics.find((one) => one.name === key);
  const now = boardSort();
  const natural = metric ? !metric.less : key !== "tracker";
  state.sort = { key, falling: now.key === key ? !now.falling : natural };
  drawBoard();
}

function boardRows(chosen) {
  const { scores } = profileNow();
  return report.trackers.map((tracker, place) => {
    const score = scores[place];
    const count = score.refused === undefined ? rowsOf(score, chosen).length : 0;
    return { tracker, score, count, figures: estimates(score, chosen) };
  });
}

function drawBoard() {
  const { metrics } = profileNow();
  const chosen = selection();
  const rows = boardRows(chosen);
  const sort = boardSort();
  const keyOf = (row) => {
    if (sort.key === "tracker") return row.tracker.label.toLocaleLowerCase();
    if (sort.key === "fps") return row.tracker.fps;
    if (sort.key === "count") return row.count;
    return row.figures?.[sort.key]?.[0] ?? null;
  };
  if (sort.key) rows.sort((a, b) => compare(keyOf(a), keyOf(b), sort.falling));
  const ranges = new Map(metrics.map((metric) => [metric.name, rangeOf(rows, metric.name)]));
  const best = new Map(metrics.map((metric) => [metric.name, bestOf(rows, metric)]));
  const timed = report.trackers.some((tracker) => tracker.fps !== null);
  const head = [
    make("th", { class: "rank", scope: "col" }, "#"),
    sortHeading("Tracker", "tracker", sort, sortBoard),
    ...metrics.map((metric) => sortHeading(metric.label, metric.name, sort, sortBoard, { class: "number" })),
    ...(timed ? [sortHeading("FPS", "fps", sort, sortBoard, { class: "number" })] : []),
    sortHeading("Sequences", "count", sort, sortBoard, { class: "number" }),
  ];
  fillTable($("board"), head, rows.map((row, place) => make(
    "tr",
    { class: state.hidden.has(row.tracker.name) ? "off" : null },
    make("td", { class: "rank" }, String(place + 1)),
    make("th", { scope: "row" }, trackerSwitch(row.tracker), aboutTracker(row.tracker)),
    ...metrics.map((metric) => estimateCell(row, metric, ranges.get(metric.name), best.get(metric.name))),
    ...(timed ? [make("td", { class: "number" }, row.tracker.fps === null ? "–" : speed(row.tracker.fps))] : []),
    make("td", { class: "number" }, countText(row, chosen)),
  )));
  const refused = rows.filter((row) => row.score.refused !== undefined);
  $("refusals").textContent = [
    ...report.left_out.map(([name, why]) => `${name} is left out: ${why}.`),
    ...refused.map((row) => `${row.tracker.label}: ${row.score.refused}.`),
  ].join(" ");
  $("remarks").textContent = report.trackers
    .flatMap(({ label, run }) => run.remarks.map((remark) => `${label}: ${remark}.`)).join(" ");
  $("differs").textContent = differsText();
}

// Sorts ascending or descending; undefined values come last.
function compare(a, b, falling) {
  if (a === null || b === null) return (a === null) - (b === null);
  const order = a < b ? -1 : Number(a > b);
  return falling ? -order : order;
}

function trackerSwitch(tracker) {
  const box = make("input", {
    type: "checkbox",
    "aria-label": `Draw ${tracker.label}`,
    change: () => {
      if (box.checked) state.hidden.delete(tracker.name);
      else state.hidden.add(tracker.name);
      drawAll();
    },
  });
  box.checked = !state.hidden.has(tracker.name);
  return make("label", { class: "tracker" }, box, swatch(tracker), nameOf(tracker));
}

// Returns, on a site, the link to a tracker's page and what was checked of its results.
function aboutTracker(tracker) {
  if (!tracker.page) return null;
  return make(
    "span",
    { class: "about" },
    make("a", { href: tracker.page, "aria-label": `About ${tracker.label}` }, "about"),
    ...tracker.badges.map(({ text, title, bad }) => make("span", { class: bad ? "badge bad" : "badge", title }, text)),
  );
}

function estimateCell(row, metric, range, best) {
  const [value, low, high] = row.figures?.[metric.name] ?? [null, null, null];
  const cell = make("td", { class: value !== null && value === best ? "number best" : "number" });
  cell.append(make("span", { class: "value" }, figure(value, metric)));
  if (low !== null) {
    cell.append(make("span", { class: "ends" }, `${figure(low, metric)}–${figure(high, metric)}`));
    cell.append(whisker(value, low, high, range));
  }
  return cell;
}

// Returns the interval as a line with a dot, on the column's common scale.
function whisker(value, low, high, [from, to]) {
  const percent = (number) => `${(100 * (number - from)) / (to - from || 1)}%`;
  const line = make("i", {});
  line.style.left = percent(low);
  line.style.width = `${(100 * (high - low)) / (to - from || 1)}%`;
  const dot = make("b", {});
  dot.style.left = percent(value);
  return make("span", { class: "whisker", "aria-hidden": "true" }, line, dot);
}

function rangeOf(rows, metric) {
  const ends = rows.flatMap((row) => (row.figures?.[metric] ?? []).filter((end) => end !== null));
  return ends.length ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
}

function bestOf(rows, metric) {
  const found = rows.flatMap((row) => row.figures?.[metric.name]?.[0] ?? []);
  return metric.less ? Math.min(...found) : Math.max(...found);
}

function speed(fps) {
  return fps < 100 ? fps.toFixed(1) : Math.round(fps).toLocaleString("en");
}

function countText(row, chosen) {
  const all = chosen.length === report.sequences.length ? report.of : chosen.length;
  return row.count === all ? String(all) : `${row.count} of ${all}`;
}

function differsText() {
  const profile = profileNow();
  const whole = state.attributes.size + state.search.trim().length === 0;
  const how = whole || profile.means
    ? "Each value has its 95 % interval over sequences."
    : "This profile's metrics pool frames: there are values only for all sequences and for single attributes.";
  return `Profile ${profile.name}: ${profile.title} (${profile.reference}). ${how}`;
}
