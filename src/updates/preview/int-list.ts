/** A list of whole numbers that grows, four bytes each. */
export function createIntList(size = 1024) {
  let values = new Int32Array(size);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(value: number): void {
      if (length === values.length) {
        const larger = new Int32Array(2 * length);
        larger.set(values);
        values = larger;
      }
      values[length++] = value;
    },
    at: (i: number): number => values[i]!,
    /** Those from `from` until before `to`; good until the next one is added. */
    slice: (from: number, to: number): Int32Array => values.subarray(from, to),
  };
}
