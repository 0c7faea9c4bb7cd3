// The report, the selection, and their source: this file or a server.

const live = document.body.hasAttribute("data-live");
const site = document.body.hasAttribute("data-site"); // one page of several; sequences lie in files beside it
let report = null; // until `start` in main.js has read it

const state = {
  profile: null,
  sort: null, // { key, falling }; null: by the main metric, best first
  attributes: new Set(),
  search: "",
  hidden: new Set(), // trackers that are not drawn
  cellMetric: null,
  sequenceSort: { key: "", falling: false },
  sequence: null, // name of the one that is looked into
  frame: 0,
  measure: "overlap",
};

// The parts of the selection that a link keeps.
function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  const names = new Set(report.profiles.map((profile) => profile.name));
  if (names.has(words.get("profile"))) state.profile = words.get("profile");
  for (const name of words.getAll("attribute")) {
    if (report.attributes.includes(name) || allTags().includes(name)) state.attributes.add(name);
  }
  for (const name of words.getAll("hide")) state.hidden.add(name);
  state.search = words.get("search") ?? "";
  if (report.sequences.some((sequence) => sequence.name === words.get("sequence"))) {
    state.sequence = words.get("sequence");
    state.frame = Math.max(0, Number.parseInt(words.get("frame"), 10) - 1) || 0;
  }
}

function writeAddress() {
  const words = new URLSearchParams();
  if (state.profile !== report.profiles[0].name) words.set("profile", state.profile);
  for (const name of state.attributes) words.append("attribute", name);
  for (const name of state.hidden) words.append("hide", name);
  if (state.search) words.set("search", state.search);
  if (state.sequence !== null) {
    words.set("sequence", state.sequence);
    words.set("frame", state.frame + 1);
  }
  history.replaceState(null, "", words.size ? `#${words}` : location.pathname + location.search);
}

// Returns the attributes of all sequences, including those of single frames (VOT).
function allTags() {
  const found = new Set(report.sequences.flatMap((sequence) => sequence.attributes));
  return [...report.attributes.filter((name) => found.delete(name)), ...found];
}

function profileNow() {
  return report.profiles.find((profile) => profile.name === state.profile);
}

// The metric that trackers are ranked by; undefined if no tracker has a score.
function mainMetric() {
  const { metrics, main } = profileNow();
  return metrics.find((metric) => metric.name === main);
}

function shownTrackers() {
  return report.trackers.filter((tracker) => !state.hidden.has(tracker.name));
}

function sequencePlace(name) {
  return report.sequences.findIndex((sequence) => sequence.name === name);
}

async function loadReport() {
  const text = document.getElementById("data").textContent;
  return live ? JSON.parse(text) : unbundle(text);
}

const delivered = new Map(); // by sequence, what its file has said

// Called by the files of sequences: pages from disk may load scripts, but not data.
if (site) window.sotbenchSequence = (name, text) => delivered.set(name, text);

// Resolves when a script has run, or cannot be loaded.
function loadScript(address) {
  return new Promise((wake) => {
    document.head.append(make("script", { src: address, load: wake, error: wake }));
  });
}

async function loadFile({ name, file }) {
  if (!delivered.has(name)) await loadScript(file);
  return delivered.has(name) ? unbundle(delivered.get(name)) : null;
}

// Returns the data within a sequence, or null if they cannot be loaded.
async function loadDetail(name) {
  if (site) return loadFile(report.sequences[sequencePlace(name)]);
  if (!live) return unbundle(document.getElementById(`detail-${sequencePlace(name)}`).textContent);
  const answer = await fetch(`sequence/${encodeURIComponent(name)}`);
  return answer.ok ? answer.json() : null;
}
