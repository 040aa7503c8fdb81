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

/** The ten-character replica name that prefixes server log lines, such as `94cbbdpbb8` (API contract, section 1.13). */
export function replicaName(random: () => number): string {
  return Array.from({ length: 10 }, () => REPLICA_LETTERS[Math.floor(random() * REPLICA_LETTERS.length)] ?? 'b').join(
    '',
  );
}

/** A decimal id of `length` digits, as the identity service gives. */
export function digits(random: () => number, length: number): string {
  return Array.from({ length }, (_, i) => Math.floor(random() * (i === 0 ? 9 : 10)) + (i === 0 ? 1 : 0)).join('');
}
