// Puts everything together: drawing, keys, theme, and updates from a server.

const POLL_SECONDS = 2;

function drawHead() {
  const frames = report.sequences.reduce((sum, sequence) => sum + sequence.frames, 0);
  const counted = report.sequences.length === report.of ? String(report.of) : `${report.sequences.length} of ${report.of}`;
  const trackers = report.trackers.length === 1 ? "1 tracker" : `${report.trackers.length} trackers`;
  $("title").textContent = report.title;
  $("summary").textContent = `${report.protocol.toUpperCase()} · ${trackers} · ${counted} ${report.of === 1 ? "sequence" : "sequences"} · ${frames.toLocaleString("en")} frames`;
  $("made").textContent = `Made ${new Date(report.made).toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" })} by sotbench ${report.version ?? ""}`;
  $("profile").replaceChildren(...report.profiles.map(({ name, title }) => make("option", { value: name, title }, name)));
  $("profile").value = state.profile;
}

function drawFilters() {
  const chosen = selection();
  $("attributes").replaceChildren(...allTags().map((name) => make(
    "button",
    { type: "button", "aria-pressed": String(state.attributes.has(name)), click: () => toggleAttribute(name) },
    name,
  )));
  const filtered = state.attributes.size > 0 || state.search.trim() !== "" || state.hidden.size > 0;
  $("reset").hidden = !filtered;
  $("selection").textContent = `${chosen.length} of ${report.sequences.length} ${report.sequences.length === 1 ? "sequence" : "sequences"}`;
}

function toggleAttribute(name) {
  if (!state.attributes.delete(name)) state.attributes.add(name);
  const place = [...$("attributes").children].indexOf(document.activeElement);
  drawAll();
  $("attributes").children[place]?.focus();
}

function drawAll() {
  drawFilters();
  drawBoard();
  drawSequences();
  if (window.Plotly) {
    drawCurves();
    drawAttributes();
    if (state.sequence !== null) drawDetail();
  }
  writeAddress();
}

function drawEverything() {
  drawHead();
  drawRuns();
  drawAll();
}

function toggleTheme() {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark"
    || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  setTheme(dark ? "light" : "dark");
  try {
    localStorage.setItem("sotbench-theme", document.documentElement.dataset.theme);
  } catch {
    // Some browsers give pages from disk no storage; the choice is then lost with the page.
  }
  drawEverything();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

function storedTheme() {
  try {
    return localStorage.getItem("sotbench-theme");
  } catch {
    return null;
  }
}

const KEYS = {
  "/": () => $("search").focus(),
  "?": () => $("keys").showModal(),
  t: toggleTheme,
  j: () => stepSequence(1),
  k: () => stepSequence(-1),
  n: () => detail && stepMoment(1),
  p: () => detail && stepMoment(-1),
  Escape: () => detail && closeSequence(),
};

function onKey(event) {
  const { target } = event;
  const typing = target.matches("input[type=search], select, dialog *");
  if (event.ctrlKey || event.metaKey || event.altKey || $("keys").open) return;
  if (event.key === "Escape" && typing) {
    target.blur();
    return;
  }
  if (typing) return;
  if (detail && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
    const step = (event.shiftKey ? 10 : 1) * (detail.frames?.every ?? 1);
    jump(state.frame + (event.key === "ArrowLeft" ? -step : step));
  } else if (detail && event.key === " " && !target.matches("button, summary, input[type=checkbox]")) {
    togglePlaying();
  } else if (KEYS[event.key]) {
    KEYS[event.key]();
  } else {
    return;
  }
  event.preventDefault();
}

function listen() {
  const on = (id, kind, act) => $(id).addEventListener(kind, act);
  on("profile", "change", (event) => {
    state.profile = event.target.value;
    state.sort = null;
    drawAll();
  });
  on("search", "input", (event) => {
    state.search = event.target.value;
    drawAll();
  });
  on("reset", "click", () => {
    state.attributes.clear();
    state.hidden.clear();
    state.search = "";
    $("search").value = "";
    drawAll();
    $("search").focus();
  });
  on("cell-metric", "change", (event) => {
    state.cellMetric = event.target.value;
    drawSequences();
  });
  on("theme", "click", toggleTheme);
  on("help", "click", () => $("keys").showModal());
  on("keys-close", "click", () => $("keys").close());
  on("play", "click", togglePlaying);
  on("frame", "click", togglePlaying);
  on("scrub", "input", (event) => jump(Number(event.target.value)));
  on("previous", "click", () => stepSequence(-1));
  on("next", "click", () => stepSequence(1));
  on("close", "click", closeSequence);
  for (const tab of document.querySelectorAll("[data-measure]")) {
    tab.addEventListener("click", () => {
      state.measure = tab.dataset.measure;
      drawDetail();
    });
  }
  document.addEventListener("keydown", onKey);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawEverything);
}

// Asks the server whether any run changed, and redraws; keeps the selection.
async function poll() {
  const said = $("live");
  said.hidden = false;
  let known = report.stamp;
  for (;;) {
    await new Promise((wake) => setTimeout(wake, 1000 * POLL_SECONDS));
    if (document.hidden) continue;
    try {
      const { stamp } = await (await fetch("stamp")).json();
      if (stamp !== known) {
        const answer = await fetch("data.json");
        if (answer.ok) {
          report = await answer.json();
          known = report.stamp;
          await refresh();
        }
      }
      said.dataset.state = "on";
      said.textContent = "live";
    } catch {
      said.dataset.state = "off";
      said.textContent = "server gone";
    }
  }
}

async function refresh() {
  if (!report.profiles.some((profile) => profile.name === state.profile)) state.profile = report.profiles[0].name;
  if (state.sequence !== null && sequencePlace(state.sequence) < 0) closeSequence();
  if (state.sequence !== null && !playing) {
    const content = await loadDetail(state.sequence);
    if (content) detail = decodeDetail(content);
  }
  drawEverything();
}

// Resolves when the whole page is loaded, including Plotly.
function pageRead() {
  if (site) return loadScript(document.body.dataset.plotly); // now that the tables are there
  if (document.readyState !== "loading") return Promise.resolve();
  return new Promise((wake) => document.addEventListener("DOMContentLoaded", wake));
}

async function start() {
  const theme = storedTheme();
  if (theme === "dark" || theme === "light") setTheme(theme);
  report = await loadReport();
  state.profile = report.profiles[0].name;
  readAddress();
  $("search").value = state.search;
  listen();
  const wanted = { sequence: state.sequence, frame: state.frame };
  state.sequence = null;
  drawEverything();
  await pageRead();
  drawAll();
  if (wanted.sequence !== null) openSequence(wanted.sequence, wanted.frame);
  if (live) poll();
}

start();
