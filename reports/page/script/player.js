// The frame with all regions and the ground truth, and the current frame of all plots.

const KEPT_PICTURES = 80;

let playing = null; // { began, from } while it plays
const pictures = new Map(); // by address, the last ones that were looked at

function openPlayer() {
  $("player").hidden = !detail.frames;
  const every = detail.frames?.every ?? 1;
  $("thinned").textContent = every > 1 ? `This file has one of ${every} frames.` : "";
}

// Returns the frames that can be shown: embedded may be only every second, third, ...
function snap(frame) {
  const every = detail.frames?.every ?? 1;
  return Math.floor(frame / every) * every;
}

function jump(frame) {
  stopPlaying();
  showFrame(frame);
}

function showFrame(frame) {
  const last = Number($("scrub").max);
  state.frame = snap(Math.max(0, Math.min(last, Math.round(frame))));
  $("scrub").value = state.frame;
  $("scrub").setAttribute("aria-valuetext", `frame ${state.frame + 1} of ${last + 1}`);
  const shapes = { "shapes[0].x0": state.frame + 1, "shapes[0].x1": state.frame + 1 };
  Plotly.relayout($("time"), shapes);
  drawReadout(last + 1);
  if (!playing) writeAddress();
  return detail.frames ? drawPicture() : Promise.resolve();
}

function drawReadout(length) {
  const figures = shownTrackers().flatMap((tracker) => {
    const one = detail.series.get(tracker.name);
    const value = one?.[state.measure][state.frame - one.start] ?? null;
    if (!one) return [];
    const text = state.measure === "overlap" ? value?.toFixed(2) : value?.toFixed(1);
    return [make("span", { title: tracker.label }, swatch(tracker), text ?? "–")];
  });
  $("readout").replaceChildren(make("strong", {}, `${state.frame + 1} / ${length}`), ...figures);
}

function addressOf(frame) {
  const { frames } = detail;
  if (frames.address) return `${frames.address}/${frame}.jpg`;
  return `data:image/jpeg;base64,${frames.jpeg[frame / frames.every]}`;
}

async function picture(frame) {
  const address = addressOf(frame);
  if (!pictures.has(address)) {
    const image = new Image();
    image.src = address;
    pictures.set(address, image.decode().then(() => image, () => null));
    if (pictures.size > KEPT_PICTURES) pictures.delete(pictures.keys().next().value);
  }
  return pictures.get(address);
}

async function drawPicture() {
  const { sequence, frame } = state;
  const image = await picture(frame);
  if (state.sequence !== sequence || state.frame !== frame) return;
  const canvas = $("frame");
  const [width, height] = detail.frames.size ?? (image ? [image.naturalWidth, image.naturalHeight] : [640, 480]);
  const sharpness = Math.max(1, Math.min(3, Math.ceil(900 / width)));
  if (canvas.width !== width * sharpness || canvas.height !== height * sharpness) {
    canvas.width = width * sharpness;
    canvas.height = height * sharpness;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(sharpness, 0, 0, sharpness, 0, 0);
  if (image) pen.drawImage(image, 0, 0, width, height);
  else drawMissing(pen, width, height);
  const stroke = Math.max(width / 330, 1);
  if (detail.truth) drawRegion(pen, detail.truth, { color: "#ffffff", dash: [], width: stroke * 1.1 });
  for (const tracker of drawingOrder(shownTrackers())) {
    const one = detail.series.get(tracker.name);
    const ink = tracker.style.color === "#000000" ? "#ffe14d" : tracker.style.color;
    if (one?.regions) drawRegion(pen, one, { color: ink, dash: [], width: tracker.style.highlight ? 2 * stroke : stroke });
  }
  canvas.setAttribute("aria-label", `Frame ${frame + 1} of ${sequence} with boxes`);
  if (detail.frames.address) for (let ahead = 1; ahead < 5; ahead += 1) prefetch(frame + ahead);
}

function prefetch(frame) {
  if (frame <= Number($("scrub").max)) picture(frame);
}

function drawMissing(pen, width, height) {
  pen.fillStyle = "#20252c";
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = "#98a2b0";
  pen.textAlign = "center";
  pen.font = `${Math.round(height / 18)}px system-ui, sans-serif`;
  pen.fillText("this frame cannot be read", width / 2, height / 2);
}

// A dark line below each colored one keeps it visible on any background.
function drawRegion(pen, { regions, numbers, start }, style) {
  const row = state.frame - start;
  const corners = row < 0 ? null : cornersOf(regions, numbers, row);
  if (!corners) return;
  pen.beginPath();
  for (const [x, y] of corners) pen.lineTo(x, y);
  pen.closePath();
  for (const [ink, width] of [["rgba(0, 0, 0, 0.65)", style.width * 2.1], [style.color, style.width]]) {
    pen.strokeStyle = ink;
    pen.lineWidth = width;
    pen.stroke();
  }
}

function togglePlaying() {
  if (playing) {
    stopPlaying();
    return;
  }
  if (!detail) return;
  const last = snap(Number($("scrub").max));
  if (state.frame >= last) state.frame = 0;
  const run = { began: performance.now(), from: state.frame };
  playing = run;
  labelPlay();
  const tick = async (now) => {
    if (playing !== run) return;
    const frame = run.from + Math.floor(((now - run.began) * Number($("speed").value)) / 1000);
    if (snap(frame) !== state.frame) await showFrame(Math.min(frame, last));
    if (frame >= last) stopPlaying();
    else requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

function stopPlaying() {
  if (!playing) return;
  playing = null;
  labelPlay();
  writeAddress();
}

function labelPlay() {
  $("play").textContent = playing ? "⏸" : "▶";
  $("play").setAttribute("aria-label", playing ? "Pause" : "Play");
}
