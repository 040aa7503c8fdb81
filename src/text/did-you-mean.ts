/** Characters of the longest names. */
const MAX_WORD = 800;

/** The known word closest to a mistyped one, or undefined. Ignores case, `-` and `_`. */
export function closest(word: string, known: readonly string[]): string | undefined {
  return closestAll(word, known)[0];
}

/** All known words close to a mistyped one, closest first. */
export function closestAll(word: string, known: readonly string[]): string[] {
  const wanted = normalize(word);
  if (wanted === '') return [];
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  return known
    .map((candidate) => ({ candidate, distance: distance(wanted, normalize(candidate), limit) }))
    .filter((each) => each.distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .map((each) => each.candidate);
}

/** A word in the form used for comparison: lower case, without spaces, `-` and `_`. */
export function normalize(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s]/g, '');
}

/** Names close to a word, or else names with a part close to it, such as `chrun` to `churn-legacy`. */
export function closestNames(word: string, names: readonly string[]): string[] {
  const whole = closestAll(word, names);
  if (whole.length > 0) return whole;
  const wanted = normalize(word);
  const limit = Math.min(2, Math.floor(wanted.length / 2.5));
  return names.filter((name) =>
    name.split(/[-_.]/).some((part) => editDistance(wanted, normalize(part), limit) <= limit),
  );
}

/** A part of a word is a good guess, and a larger part a better one. One wrong letter in the whole word is better still. */
function distance(wanted: string, other: string, limit: number): number {
  // One or two letters are a part of almost any name.
  const isPart = (wanted.length > 2 && other.includes(wanted)) || (other.length > 2 && wanted.includes(other));
  const share = Math.min(wanted.length, other.length) / Math.max(wanted.length, other.length);
  return Math.min(editDistance(wanted, other, limit), isPart ? 2 - share : Number.POSITIVE_INFINITY);
}

/** Levenshtein distance. Not computed for words whose lengths alone differ by more than `limit`, or that no name is as long as. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit || Math.min(a.length, b.length) > MAX_WORD) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
