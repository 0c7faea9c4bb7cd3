// What `pack.py` packed: base64 of little-endian numbers, and steps that stand for figures.

const TYPES = {
  u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, i2: Int16Array, f8: Float64Array,
};
const OVERLAP_STEPS = 250;
const ERROR_STEPS = 24;
const REGION_STEPS = 4;
const NO_BYTE = 255;
const NO_REGION = -32768;

function unpack({ type, data }) {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  return new TYPES[type](bytes.buffer);
}

// Overlaps in [0, 1], null where there is none.
function overlapsOf(packed) {
  return Array.from(unpack(packed), (step) => (step === NO_BYTE ? null : step / OVERLAP_STEPS));
}

// Centre errors in pixels, null where there is none.
function errorsOf(packed) {
  return Array.from(unpack(packed), (step) => (step === NO_BYTE ? null : 2 ** (step / ERROR_STEPS) - 1));
}

// The corners of a region in pixels, or null. `steps` holds `numbers` of them per frame: a box or a polygon.
function cornersOf(steps, numbers, row) {
  const region = Array.from(steps.subarray(row * numbers, (row + 1) * numbers), (step) => step / REGION_STEPS);
  if (region.length < numbers || region[0] * REGION_STEPS === NO_REGION) return null;
  if (numbers === 8) return [0, 2, 4, 6].map((place) => [region[place], region[place + 1]]);
  const [x, y, w, h] = region;
  return [[x, y], [x + w, y], [x + w, y + h], [x, y + h]];
}
