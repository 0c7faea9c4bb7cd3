// A sequence: overlap or center error over time, and its worst moments.

const LOST = 0.2; // an overlap below this is a moment to look at
const MOST_MOMENTS = 12;

let detail = null; // of state.sequence: { series: Map, frames, truth }
let moments = [];

async function openSequence(name, frame = 0) {
  state.sequence = name;
  state.frame = frame;
  stopPlaying();
  const content = await loadDetail(name);
  if (state.sequence !== name) return; // another was chosen meanwhile
  detail = content && decodeDetail(content);
  $("drill").hidden = false;
  $("drill-title").textContent = name;
  const { page } = report.sequences[sequencePlace(name)];
  $("sequence-page").hidden = !page;
  if (page) $("sequence-page").href = page;
  drawSequences();
  drawDetail();
  // Move the focus, so that space plays instead of pressing the table's button again.
  $("drill-title").focus({ preventScroll: true });
  $("drill").scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function closeSequence() {
  stopPlaying();
  state.sequence = null;
  detail = null;
  $("drill").hidden = true;
  drawSequences();
  writeAddress();
}

function decodeDetail({ series, truth, frames }) {
  const decoded = new Map(Object.entries(series).map(([tracker, one]) => [tracker, {
    start: one.start,
    overlap: overlapsOf(one.overlap),
    error: errorsOf(one.error),
    regions: one.regions ? unpack(one.regions) : null,
    numbers: one.numbers,
  }]));
  const drawn = truth && { regions: unpack(truth.regions), numbers: truth.numbers, start: 0 };
  return { series: decoded, truth: drawn, frames };
}

function drawDetail() {
  if (!detail || !window.Plotly) return;
  const length = report.sequences[sequencePlace(state.sequence)].frames;
  $("scrub").max = length - 1;
  const without = report.trackers.filter((tracker) => !tracker.over_time).length;
  $("over-time").hidden = live || without === 0;
  $("over-time").textContent = `The best ${report.trackers.length - without} of ${report.trackers.length} trackers.`;
  moments = findMoments();
  openPlayer();
  drawTime(length);
  drawMoments();
  showFrame(Math.min(state.frame, length - 1));
}

function drawTime(length) {
  for (const tab of document.querySelectorAll("[data-measure]")) {
    tab.setAttribute("aria-pressed", String(tab.dataset.measure === state.measure));
  }
  const traces = drawingOrder(shownTrackers()).flatMap((tracker) => {
    const one = detail.series.get(tracker.name);
    return one ? [{
      x: one[state.measure].map((_, row) => one.start + row + 1),
      y: one[state.measure],
      name: plotText(tracker.label),
      mode: one[state.measure].length === 1 ? "markers" : "lines",
      hovertemplate: state.measure === "overlap" ? "%{y:.2f}" : "%{y:.1f} px",
      line: { color: trackerColor(tracker), width: tracker.style.highlight ? 3 : 1.6 },
    }] : [];
  });
  const overlap = state.measure === "overlap";
  const layout = plotLayout(
    { title: { text: "frame" }, range: [1, Math.max(length, 2)] },
    overlap ? { title: { text: "overlap" }, range: [-0.02, 1.03] }
      : { title: { text: "center error, pixels" }, rangemode: "tozero" },
    {
      height: 250,
      shapes: [{
        type: "line", x0: state.frame + 1, x1: state.frame + 1, yref: "paper", y0: 0, y1: 1,
        line: { color: color("accent"), width: 2 },
      }],
    },
  );
  const plot = $("time");
  Plotly.react(plot, traces, layout, PLOT_OPTIONS);
  plot.removeAllListeners("plotly_click");
  plot.removeAllListeners("plotly_hover");
  plot.on("plotly_click", ({ points }) => jump(points[0].x - 1));
  plot.on("plotly_hover", ({ points, event }) => {
    if (event.buttons === 1) jump(points[0].x - 1);
  });
}

// Returns each shown tracker's longest stretches of low overlap, or else its lowest frame.
function findMoments() {
  const found = shownTrackers().flatMap((tracker) => {
    const one = detail.series.get(tracker.name);
    if (!one) return [];
    const stretches = lostStretches(one.overlap);
    const worst = stretches.length ? stretches.slice(0, 3) : lowest(one.overlap);
    return worst.map(({ from, to }) => {
      const some = one.overlap.slice(from, to + 1);
      return { tracker, from: one.start + from, to: one.start + to, overlap: mean(some) };
    });
  });
  const loss = (moment) => (1 - moment.overlap) * (moment.to - moment.from + 1);
  return found.sort((a, b) => loss(b) - loss(a)).slice(0, MOST_MOMENTS);
}

function lostStretches(overlaps) {
  const stretches = [];
  let from = null;
  for (let row = 0; row <= overlaps.length; row += 1) {
    const lost = row < overlaps.length && overlaps[row] !== null && overlaps[row] < LOST;
    if (lost && from === null) from = row;
    if (!lost && from !== null) {
      stretches.push({ from, to: row - 1 });
      from = null;
    }
  }
  return stretches.sort((a, b) => b.to - b.from - (a.to - a.from));
}

function lowest(overlaps) {
  const known = overlaps.flatMap((overlap, row) => (overlap === null ? [] : [row]));
  if (known.length === 0) return [];
  const row = known.reduce((least, one) => (overlaps[one] < overlaps[least] ? one : least));
  return [{ from: row, to: row }];
}

function drawMoments() {
  $("moments").replaceChildren(...moments.map((moment) => make(
    "button",
    { type: "button", click: () => jump(moment.from) },
    swatch(moment.tracker),
    nameOf(moment.tracker, { class: "clip" }),
    make("span", { class: "muted" }, momentText(moment)),
  )));
}

function momentText({ from, to, overlap }) {
  const frames = from === to ? `frame ${from + 1}` : `frames ${from + 1}–${to + 1}`;
  return `${frames}, overlap ${overlap.toFixed(2)}`;
}

function stepMoment(step) {
  const starts = [...new Set(moments.map((moment) => moment.from))].sort((a, b) => a - b);
  const next = step > 0
    ? starts.find((from) => from > state.frame)
    : starts.findLast((from) => from < state.frame);
  if (next !== undefined) jump(next);
}
