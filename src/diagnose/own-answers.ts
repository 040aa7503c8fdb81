/** The failed answers that this server got. It imports nothing, because each query uses it. */
import type { AnswerEvidence } from './evidence.ts';

/** Failed answers of one endpoint, and milliseconds for which they say something about it. */
const MAX_ANSWERS = 5;
const MAX_AGE = 30 * 60_000;
const MAX_ENDPOINTS = 100;

/** By server: the failed answers of each endpoint, newest first. They are text from outside, so they stay in memory. */
const seen = new WeakMap<object, Map<string, AnswerEvidence[]>>();

/** Keeps a failed answer for a later diagnosis. @param server an object that a server has for itself. */
export function remember(server: object, endpoint: string, answer: AnswerEvidence): void {
  const known = seen.get(server) ?? new Map<string, AnswerEvidence[]>();
  seen.set(server, known);
  const answers = [answer, ...(known.get(endpoint) ?? [])].slice(0, MAX_ANSWERS);
  known.delete(endpoint);
  known.set(endpoint, answers);
  for (const name of known.keys()) if (known.size > MAX_ENDPOINTS) known.delete(name);
}

/** The failed answers of an endpoint to this server. @param now by the clock that {@link remember} got its times from. */
export function remembered(server: object, endpoint: string, now: number): AnswerEvidence[] {
  return (seen.get(server)?.get(endpoint) ?? []).filter(({ at }) => now - at <= MAX_AGE);
}

/** A working answer ends what earlier ones show. */
export function forget(server: object, endpoint: string): void {
  seen.get(server)?.delete(endpoint);
}
