/** The diagnoses of many endpoints. One that fails, hangs or is gone does not stop the others. */
import { isAbsent } from '../rest/absent.ts';
import { reasonOf } from '../rest/failed-read.ts';
import { createGate, through } from '../rest/few-at-once.ts';
import type { Http } from '../rest/http.ts';
import { TimeUp, within } from '../rest/time-limit.ts';
import { AT_ONCE, BOUNDS, collect } from './collect.ts';
import { diagnose } from './diagnose.ts';
import type { Finding } from './finding.ts';
import type { Verdict } from './verdict.ts';

/** What a sweep keeps of a diagnosis. The evidence of hundreds of endpoints would fill the memory. */
export interface Judged {
  name: string;
  verdict: Verdict;
  /** The most severe first. */
  findings: readonly Pick<Finding, 'code' | 'severity' | 'sentence' | 'since'>[];
  /** Why the verdict may be unknown: the first part that could not be read. */
  unread: string | undefined;
}

/** `failed`: why it could not be judged, in words of ours. `gone`: deleted after it was listed. `late`: the time of the whole sweep ended first. */
export type Outcome =
  | Judged
  | { name: string; failed: string }
  | { name: string; gone: true }
  | { name: string; late: true };

export interface SweepLimits {
  /** Milliseconds for all of them. */
  wholeMs: number;
  /** Milliseconds for one of them, so that one that hangs holds no place for long. */
  eachMs: number;
}

/** Milliseconds that the service may be silent, for one of many endpoints. */
const SILENCE = 6_000;

/**
 * Judges endpoints in their order, with at most as many requests at a time as one diagnosis sends. Of those that look healthy it reads the endpoint and
 * its metrics.
 * @param done called after each endpoint, with the number of those that are done.
 * @returns an outcome for each name, in the order of the names.
 * @throws what a cancellation throws.
 */
export async function sweep(
  names: readonly string[],
  { http, signal }: { http: Http; signal: AbortSignal },
  { wholeMs, eachMs }: SweepLimits,
  done: (count: number) => void = () => {},
): Promise<Outcome[]> {
  const gate = createGate(AT_ONCE);
  const outcomes: Outcome[] = names.map((name) => ({ name, late: true }));
  let next = 0;
  let count = 0;
  const work = async (whole: AbortSignal) => {
    while (next < names.length && !whole.aborted) {
      const at = next++;
      const name = names[at];
      if (name === undefined) return;
      const outcome = await judgeOne(name, whole, eachMs, (own) =>
        through(gate, http.bind({ signal: own, access: 'read' }), { ...BOUNDS, timeoutMs: SILENCE }),
      );
      if (outcome === undefined) return;
      outcomes[at] = outcome;
      done(++count);
    }
  };
  await within(wholeMs, signal, (whole) => Promise.all(Array.from({ length: AT_ONCE }, () => work(whole)))).catch(
    (error) => {
      if (!(error instanceof TimeUp)) throw error;
    },
  );
  signal.throwIfAborted();
  return outcomes;
}

/** Undefined when the whole sweep ended first. */
async function judgeOne(
  name: string,
  whole: AbortSignal,
  eachMs: number,
  connect: (own: AbortSignal) => Http,
): Promise<Outcome | undefined> {
  try {
    return await within(eachMs, whole, async (own) => {
      const evidence = await collect(name, connect(own), { signal: own, journal: undefined }, { brief: true });
      const { verdict, findings } = diagnose(evidence);
      const [part] = evidence.unread;
      return {
        name,
        verdict,
        findings: findings.map(({ code, severity, sentence, since }) => ({ code, severity, sentence, since })),
        unread: part && `${part.what}: ${part.why}`,
      };
    });
  } catch (error) {
    if (whole.aborted) return undefined;
    if (isAbsent(error)) return { name, gone: true };
    return { name, failed: reasonFor(error) };
  }
}

function reasonFor(error: unknown): string {
  if (error instanceof TimeUp) return 'it did not answer in time';
  try {
    return reasonOf(error, 'the service answered 404');
  } catch {
    // A mistake of this program for one endpoint. A call with its name shows the error.
    return 'its diagnosis failed';
  }
}
