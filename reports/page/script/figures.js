// Values of the selected sequences: those of the report, or means of the sequences' values.

const RESAMPLES = 4000;

// Returns the indices of the sequences with every selected attribute and the text in their name.
function selection() {
  const wanted = state.search.trim().toLocaleLowerCase();
  return report.sequences.flatMap((sequence, place) => {
    const named = sequence.name.toLocaleLowerCase().includes(wanted);
    const marked = [...state.attributes].every((name) => sequence.attributes.includes(name));
    return named && marked ? [place] : [];
  });
}

// Returns the rows of a tracker's score that belong to selected sequences.
function rowsOf(score, chosen) {
  const places = new Set(chosen);
  return score.sequences.flatMap((place, row) => (places.has(place) ? [row] : []));
}

const unpacked = new WeakMap();
function values(packed) {
  if (!unpacked.has(packed)) unpacked.set(packed, unpack(packed));
  return unpacked.get(packed);
}

// Returns each metric's [value, low, high] of a tracker on the selected sequences, or null without any.
// `own`: the interval was computed here, with other draws than the command's.
function estimates(score, chosen) {
  if (score.refused !== undefined) return null;
  const searched = state.search.trim() !== "";
  if (!searched && state.attributes.size === 0) return score.all;
  if (!searched && state.attributes.size === 1) return score.attributes[[...state.attributes][0]] ?? null;
  const rows = rowsOf(score, chosen);
  if (!profileNow().means || rows.length === 0) return null;
  const found = {};
  for (const [name, packed] of Object.entries(score.values)) {
    const all = values(packed);
    const some = rows.map((row) => all[row]);
    found[name] = [mean(some), ...interval(some)];
  }
  return found;
}

function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

// Percentile bootstrap of the mean, as in `bootstrap_interval` but with other draws.
function interval(numbers) {
  const count = numbers.length;
  if (count < 2) return [null, null];
  const draw = generator();
  const means = new Float64Array(RESAMPLES);
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    let sum = 0;
    for (let drawn = 0; drawn < count; drawn += 1) sum += numbers[Math.floor(draw() * count)];
    means[resample] = sum / count;
  }
  means.sort();
  return [quantile(means, 0.025), quantile(means, 0.975)];
}

function quantile(sorted, share) {
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (place - low);
}

// A linear congruential generator with the constants of Numerical Recipes; the same draws every time.
function generator() {
  let seed = 1;
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

// Returns a score's mean curve over the selected sequences as [x, y], or null if it has none.
function meanCurve(score, metric, chosen) {
  const line = score.lines?.[metric.name];
  if (line) return [line.x, line.y];
  if (!score.curves?.[metric.name]) return null;
  const rows = rowsOf(score, chosen);
  if (rows.length === 0) return null;
  const counts = values(score.curves[metric.name]);
  const frames = values(score.frames);
  const width = metric.thresholds.length;
  const sums = new Float64Array(width);
  for (const row of rows) {
    for (let place = 0; place < width; place += 1) sums[place] += counts[row * width + place] / frames[row];
  }
  return [metric.thresholds, Array.from(sums, (sum) => sum / rows.length)];
}

// Returns a sequence's value, or null.
function sequenceValue(score, metric, place) {
  const row = score.sequences?.indexOf(place) ?? -1;
  const value = row < 0 || !score.values[metric] ? Number.NaN : values(score.values[metric])[row];
  return Number.isNaN(value) ? null : value;
}
