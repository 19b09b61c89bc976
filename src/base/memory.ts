/**
 * Frees a buffer's memory now. Else it stays until the next garbage collection, which knows little of memory outside its
 * heap: megabytes pile up. Only for a buffer that nobody looks at any more; one of Buffer's pool is left alone.
 */
export function release({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
}
