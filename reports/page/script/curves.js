// Plots over all selected sequences: mean curves, and one metric by attribute.

const PLOT_OPTIONS = { displayModeBar: false, responsive: true };

function plotLayout(x, y, more = {}) {
  const axis = {
    gridcolor: color("line"), zeroline: false, linecolor: color("line"), ticks: "", automargin: true,
    title: { font: { size: 12 }, standoff: 8 },
  };
  return {
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: color("muted") },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 48, r: 14, t: 8, b: 44 },
    showlegend: false,
    hovermode: "x unified",
    dragmode: false,
    hoverlabel: { bgcolor: color("card"), bordercolor: color("line"), font: { color: color("ink") }, namelength: -1 },
    xaxis: { ...axis, ...x, title: { ...axis.title, ...x.title } },
    yaxis: { ...axis, ...y, title: { ...axis.title, ...y.title } },
    ...more,
  };
}

function drawCurves() {
  const { metrics, scores } = profileNow();
  const chosen = selection();
  const drawn = metrics.filter((metric) => metric.x && scores.some((score) => meanCurve(score, metric, chosen)));
  const host = $("curves");
  const wanted = drawn.map((metric) => metric.name).join(" ");
  if (host.dataset.drawn !== wanted) {
    host.dataset.drawn = wanted;
    host.replaceChildren(...drawn.map((metric) => make(
      "figure",
      { class: "card" },
      make("figcaption", {}, metric.title),
      make("div", { class: "plot", id: `curve-${metric.name}` }),
    )));
  }
  host.parentElement.hidden = drawn.length === 0;
  for (const metric of drawn) drawCurve(metric, scores, chosen);
}

function drawCurve(metric, scores, chosen) {
  const traces = drawingOrder(shownTrackers()).flatMap((tracker) => {
    const curve = meanCurve(scores[report.trackers.indexOf(tracker)], metric, chosen);
    return curve ? [{
      x: curve[0], y: curve[1], name: plotText(tracker.label), mode: "lines", hovertemplate: "%{y:.3f}",
      line: { color: trackerColor(tracker), dash: tracker.style.dash, width: tracker.style.highlight ? 4 : 2 },
    }] : [];
  });
  const ends = metric.thresholds.length ? { range: [metric.thresholds[0], metric.thresholds.at(-1)] } : {};
  const layout = plotLayout(
    { title: { text: metric.x }, ...ends },
    { title: { text: metric.y }, range: [0, 1.02] },
    { height: 320 },
  );
  Plotly.react($(`curve-${metric.name}`), traces, layout, PLOT_OPTIONS);
}

// The main metric by attribute, with intervals; a click filters.
function drawAttributes() {
  const { scores } = profileNow();
  const metric = mainMetric();
  const names = allTags().filter((name) => scores.some((score) => score.attributes?.[name]));
  $("per-attribute").hidden = names.length === 0 || !metric;
  if (names.length === 0 || !metric) return;
  const shown = shownTrackers();
  const traces = shown.map((tracker, place) => {
    const score = scores[report.trackers.indexOf(tracker)];
    const found = names.flatMap((name, row) => {
      const estimate = score.attributes?.[name]?.[metric.name];
      return estimate && estimate[0] !== null ? [{ row, name, estimate }] : [];
    });
    const lift = shown.length > 1 ? (place / (shown.length - 1) - 0.5) * 0.64 : 0;
    const end = (which) => found.map(({ estimate }) => Math.abs((estimate[which] ?? estimate[0]) - estimate[0]));
    return {
      x: found.map(({ estimate }) => estimate[0]),
      y: found.map(({ row }) => row + lift),
      customdata: found.map(({ name }) => name),
      name: plotText(tracker.label),
      mode: "markers",
      hovertemplate: "%{x:.3f}",
      marker: { color: trackerColor(tracker), size: (shown.length > 5 ? 5 : 7) + (tracker.style.highlight ? 3 : 0) },
      error_x: {
        type: "data", symmetric: false, array: end(2), arrayminus: end(1), width: 0, thickness: 1.4,
        color: trackerColor(tracker),
      },
    };
  });
  const counts = names.map((name) => report.sequences.filter((one) => one.attributes.includes(name)).length);
  const layout = plotLayout(
    { title: { text: metric.label } },
    {
      tickvals: names.map((_, row) => row),
      ticktext: names.map((name, row) => plotText(`${name} (${counts[row]})`)),
      range: [names.length - 0.4, -0.6],
    },
    { height: 70 + names.length * Math.max(26, 6 * shown.length), hovermode: "closest" },
  );
  const plot = $("attribute-plot");
  Plotly.react(plot, traces, layout, PLOT_OPTIONS);
  plot.removeAllListeners("plotly_click");
  plot.on("plotly_click", ({ points }) => toggleAttribute(points[0].customdata));
}
