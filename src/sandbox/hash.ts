/** 32-bit FNV-1a over UTF-16 code units. Spreads short strings well enough for bucketing; not for security. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash ^= text.charCodeAt(at);
    hash = Math.imul(hash, 0x01000193);
  }
  // FNV leaves the high bits of short inputs poorly mixed; one xor-shift-multiply round evens them out.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** A stable number in [0, 1) for a text. */
export function fraction(text: string): number {
  return hash32(text) / 2 ** 32;
}
