/** `length` lowercase hex digits. */
export function hex(random: () => number, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
}

/** A version 4 UUID. */
export function uuid(random: () => number): string {
  const h = hex(random, 32);
  const variant = '89ab'[Math.floor(random() * 4)] ?? '8';
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20)}`;
}

const REPLICA_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** The name of a replica, such as `hc4q8`, which starts each line of the service log. evidence: data.service-log */
export function replicaName(random: () => number): string {
  return Array.from({ length: 5 }, () => REPLICA_LETTERS[Math.floor(random() * REPLICA_LETTERS.length)] ?? 'b').join(
    '',
  );
}

/** A decimal id of `length` digits, in the form of the identity service. */
export function digits(random: () => number, length: number): string {
  return Array.from({ length }, (_, i) => Math.floor(random() * (i === 0 ? 9 : 10)) + (i === 0 ? 1 : 0)).join('');
}

/** 32-bit FNV-1a over UTF-16 code units. It spreads short strings well enough for buckets. It is not for security. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash ^= text.charCodeAt(at);
    hash = Math.imul(hash, 0x01000193);
  }
  // FNV mixes the high bits of short inputs poorly. One round of xor-shift-multiply evens them out.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** A number in [0, 1) that is always the same for a text. */
export function fraction(text: string): number {
  return hash32(text) / 2 ** 32;
}

/** A number in [0, 1) from a seed and two positions. It is far cheaper than hashing a text for each of many requests. */
export function chance(seed: number, at: number, what: number): number {
  let hash = seed ^ Math.imul(at + 1, 0x9e3779b1) ^ Math.imul(what + 1, 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** 32 hex digits that are always the same for a text. */
export function hexOf(text: string): string {
  return [0, 1, 2, 3].map((part) => hash32(`${part}/${text}`).toString(16).padStart(8, '0')).join('');
}
