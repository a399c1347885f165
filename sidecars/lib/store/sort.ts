const digitBits = 11;
const digits = 1 << digitBits;

/** Places of `keys` (whole numbers from 0, below 2^44) in rising order; equal ones stay as they are. Radix sort: n, not n·log n. */
export function sortedPlaces(keys: Float64Array): Uint32Array {
  const count = keys.length;
  let places = new Uint32Array(count);
  for (let at = 0; at < count; at++) places[at] = at;
  let largest = 0;
  for (let at = 0; at < count; at++) largest = Math.max(largest, keys[at] as number);
  let spare = new Uint32Array(count);
  const starts = new Uint32Array(digits + 1);
  for (let scale = 1; scale <= largest; scale *= digits) {
    const digitOf = (place: number) => Math.floor((keys[place] as number) / scale) % digits;
    starts.fill(0);
    for (let at = 0; at < count; at++) {
      const digit = digitOf(at) + 1;
      starts[digit] = (starts[digit] as number) + 1;
    }
    for (let digit = 0; digit < digits; digit++)
      starts[digit + 1] = (starts[digit + 1] as number) + (starts[digit] as number);
    for (let at = 0; at < count; at++) {
      const place = places[at] as number;
      const digit = digitOf(place);
      const target = starts[digit] as number;
      starts[digit] = target + 1;
      spare[target] = place;
    }
    [places, spare] = [spare, places];
  }
  return places;
}
