// Decodes what `pack.py` encoded.

const TYPES = {
  u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, i2: Int16Array, f8: Float64Array,
};
const OVERLAP_STEPS = 250;
const ERROR_STEPS = 24;
const REGION_STEPS = 4;
const NO_BYTE = 255;
const NO_REGION = -32768;

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

// Decodes the result of `bundle`: JSON with references to the bytes after it.
async function unbundle(text) {
  const stream = new Blob([fromBase64(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  const begin = 4 + new DataView(buffer).getUint32(0, true);
  const inside = (place, length) => Number.isInteger(place) && Number.isInteger(length)
    && place >= 0 && length >= 0 && begin + place + length <= buffer.byteLength;
  return JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, begin - 4)), (key, value) => {
    if (!Array.isArray(value?.$packed)) return value;
    const [type, place, length, width] = value.$packed;
    return inside(place, length) ? { type, width, bytes: new Uint8Array(buffer, begin + place, length) } : value;
  });
}

// Returns numbers that a bundle holds as bytes, or a server's JSON as base64.
function unpack({ type, width, bytes, data }) {
  const content = bytes ? bytes.slice() : fromBase64(data);
  return type[0] === "s" ? unpackSteps(content, Number(type[1]), width) : new TYPES[type](content.buffer);
}

// Returns rows of `width` numbers from zigzag-coded differences in `size` planes of bytes.
function unpackSteps(bytes, size, width) {
  const count = bytes.length / size;
  const numbers = new Uint32Array(count);
  let number = 0;
  for (let place = 0; place < count; place += 1) {
    let coded = 0;
    for (let plane = size - 1; plane >= 0; plane -= 1) coded = coded * 256 + bytes[plane * count + place];
    if (place % width === 0) number = 0;
    number += coded % 2 ? -(coded + 1) / 2 : coded / 2;
    numbers[place] = number;
  }
  return numbers;
}

// Returns overlaps in [0, 1], null where undefined.
function overlapsOf(packed) {
  return Array.from(unpack(packed), (step) => (step === NO_BYTE ? null : step / OVERLAP_STEPS));
}

// Returns center errors in pixels, null where undefined.
function errorsOf(packed) {
  return Array.from(unpack(packed), (step) => (step === NO_BYTE ? null : 2 ** (step / ERROR_STEPS) - 1));
}

// Returns a region's corners in pixels, or null. `steps` has `numbers` values per frame: a box or polygon.
function cornersOf(steps, numbers, row) {
  const region = Array.from(steps.subarray(row * numbers, (row + 1) * numbers), (step) => step / REGION_STEPS);
  if (region.length < numbers || region[0] * REGION_STEPS === NO_REGION) return null;
  if (numbers === 8) return [0, 2, 4, 6].map((place) => [region[place], region[place + 1]]);
  const [x, y, w, h] = region;
  return [[x, y], [x + w, y], [x + w, y + h], [x, y + h]];
}
