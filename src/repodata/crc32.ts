/**
 * The CRC-32 of two pieces of data one after the other, out of the CRC of each and the length of the second: the first is
 * multiplied by x to the power of 8 times that length, modulo the CRC's polynomial. Source: zlib's `crc32_combine`.
 */
export function combineCrc32(first: number, second: number, secondLength: number): number {
  return (multiply(powerOfX(secondLength), first) ^ second) >>> 0;
}

/** Polynomials over GF(2), the coefficient of x^0 in the highest of 32 bits. */
const modulus = 0xedb88320;
const one = 0x80000000;

function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let rest = a; rest !== 0; rest <<= 1) {
    if (rest & one) product ^= factor;
    factor = factor & 1 ? (factor >>> 1) ^ modulus : factor >>> 1;
  }
  return product;
}

/** x to the powers of 1, 2, 4, 8 … */
const squares: number[] = [0x40000000];
for (let i = 1; i < 64; i++) squares.push(multiply(squares[i - 1]!, squares[i - 1]!));

/** x to the power of 8 times so many bytes. */
function powerOfX(bytes: number): number {
  let power = one;
  for (let rest = bytes, i = 3; rest > 0; rest = Math.floor(rest / 2), i++) {
    if (rest % 2 === 1) power = multiply(squares[i]!, power);
  }
  return power;
}
