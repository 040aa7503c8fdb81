/** Memory of the server over the calls: samples, and the growth from the first to the last quarter. */
import { median } from '../bench/measure.ts';
import type { ServerChild } from './process.ts';

interface Sample {
  /** Calls that were answered when it was taken. */
  calls: number;
  rss: number;
  heap: number;
  /** Taken right after a collection, when everything left is in use. */
  collected: boolean;
}

export interface Growth {
  what: string;
  /** Of the quarters, bytes. */
  first: number;
  last: number;
  share: number;
  samples: number;
  /** Between collections the memory varies by half, so it is only reported. */
  judged: boolean;
}

/** How often, milliseconds; every third sample collects first. */
const EVERY = 200;

/** Takes samples until `stop`. */
export function sampleMemory(server: ServerChild, calls: () => number): { stop(): Promise<Sample[]> } {
  const samples: Sample[] = [];
  let running = true;
  const loop = (async () => {
    for (let number = 0; running; number++) {
      const collected = number % 3 === 2;
      const { rss, heap } = await server.read(collected);
      samples.push({ calls: calls(), rss, heap, collected });
      await new Promise((resolve) => setTimeout(resolve, EVERY));
    }
  })();
  return {
    async stop() {
      running = false;
      await loop;
      return samples;
    },
  };
}

/** First and last quarter of the calls from `from` to `to`. */
export function growths(samples: readonly Sample[], from: number, to: number): Growth[] {
  const quarter = (to - from) / 4;
  const row = (
    what: string,
    collected: boolean,
    value: (sample: Sample) => number,
    middle: (values: readonly number[]) => number,
  ): Growth => {
    const within = (low: number, high: number) =>
      samples.filter((each) => each.collected === collected && each.calls >= low && each.calls < high).map(value);
    const [early, late] = [within(from, from + quarter), within(to - quarter, to)];
    const [first, last] = [middle(early), middle(late)];
    return { what, first, last, share: last / first - 1, samples: early.length + late.length, judged: collected };
  };
  return [
    // A collection during a long call also sees the memory of that call. The minimum of many excludes it.
    row('in use, least', true, ({ heap }) => heap, least),
    row('resident, median', true, ({ rss }) => rss, median),
    row('resident between collections, median', false, ({ rss }) => rss, median),
  ];
}

const least = (values: readonly number[]) => Math.min(...values);

export const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
export const percent = (share: number): string => `${share >= 0 ? '+' : ''}${(share * 100).toFixed(1)} %`;
