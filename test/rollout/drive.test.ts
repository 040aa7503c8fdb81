/** The measurement of a rollout: it waits until there is something to decide, and takes each published minute once. */
import { describe, expect, it } from 'vitest';
import type { Reading } from '../../src/digest/readings.ts';
import { remember } from '../../src/history/history.ts';
import { historyPlace } from '../../src/history/place.ts';
import type { Decision } from '../../src/rollout/decide.ts';
import { type DriveContext, drive } from '../../src/rollout/drive.ts';
import type { Minute } from '../../src/rollout/measure.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 5, 9);
const WATCHED = { id: 'r1', endpoint: 'churn', canary: 'new', baseline: 'old', times: [{ step: 0, from: T0 }] };

/** A service whose metrics are those of the last full minute, and a clock that moves only in sleeps. */
function service(startedAgo = 0) {
  let now = T0 + startedAgo;
  const context: DriveContext = {
    http: {
      signer: async () => ({ host: 'https://x.example', authType: 'pat' }) as never, // the history reads the host alone
      time: () => now,
      pace: () => 1,
    },
    clock: {
      now: () => now,
      random: () => 0.5,
      sleep: async (ms) => {
        now += ms;
      },
    },
    history: historyPlace(undefined),
    signal: new AbortController().signal,
  };
  const reading = (): Reading => ({
    at: now - (now % MINUTE),
    samples: [{ name: 'request_count_total', labels: { served_entity_name: 'new' }, value: 7 }],
  });
  return { context, reading, pass: (ms: number) => (now += ms) };
}

const wait = (): Decision => ({ kind: 'wait', until: 0, why: 'more' });

describe('the measurement of a rollout', () => {
  it('counts each minute once, also where several servers stored it', async () => {
    const { context, reading, pass } = service();
    pass(MINUTE);
    const read = async () => {
      // Another server does not know what this one stored.
      context.history.newest.clear();
      const found = reading();
      await remember(context, 'churn', found);
      return found;
    };
    let seen: readonly Minute[] = [];
    for (let times = 0; times < 3; times++) {
      ({ minutes: seen } = await drive(WATCHED, 0, read, wait, context));
      pass(10_000);
    }
    expect(seen.map(({ at, canary }) => [at, canary.requests])).toEqual([[T0 + MINUTE, 7]]);
  });

  it('reads each minute until there is something to decide', async () => {
    const { context, reading } = service();
    let reads = 0;
    const read = async () => {
      reads++;
      const found = reading();
      await remember(context, 'churn', found);
      return found;
    };
    const until = (minutes: readonly Minute[]): Decision => (minutes.length >= 4 ? { kind: 'promote' } : wait());
    const { minutes, decision } = await drive(WATCHED, 60 * MINUTE, read, until, context);
    expect(decision).toEqual({ kind: 'promote' });
    expect(minutes).toHaveLength(4);
    expect(reads).toBeLessThanOrEqual(6);
  });

  it('takes a reading that fails as a minute that could not be read', async () => {
    const { context } = service(MINUTE);
    const read = async () => Promise.reject(new Error('no metrics'));
    const { minutes, failure } = await drive(WATCHED, 3 * MINUTE, read, wait, context);
    expect(minutes.length).toBeGreaterThanOrEqual(3);
    expect(minutes.every(({ unreadable }) => unreadable)).toBe(true);
    expect(failure).toBeInstanceOf(Error);
  });

  it('takes several failed readings of one minute as one', async () => {
    const { context, pass } = service(MINUTE);
    const read = async () => Promise.reject(new Error('no metrics'));
    for (let times = 0; times < 6; times++) {
      const { minutes } = await drive(WATCHED, 0, read, wait, context);
      expect(minutes).toHaveLength(1);
      pass(5_000);
    }
  });

  it('takes metrics without a series as a minute without traffic, which no history keeps', async () => {
    const { context } = service(MINUTE);
    const read = async () => {
      const found = { at: context.http.time(), samples: [] };
      await remember(context, 'churn', found);
      return found;
    };
    const { minutes } = await drive(WATCHED, 4 * MINUTE, read, wait, context);
    expect(minutes.length).toBeGreaterThanOrEqual(4);
    expect(minutes[0]).toMatchObject({ canary: { requests: 0 }, baseline: { requests: 0 } });
    expect(minutes[0]?.unreadable).toBeUndefined();
  });

  it('takes an infinite count for no count, also of the other replicas', async () => {
    const { context } = service(MINUTE);
    const count = (replica: string, value: number) => ({
      name: 'request_count_total',
      labels: { served_entity_name: 'new', replica },
      value,
    });
    const failed = { name: 'request_5xx_count_total', labels: { served_entity_name: 'new' }, value: 3 };
    const read = async () => {
      const found = { at: T0 + MINUTE, samples: [count('a', 4), count('b', Infinity), failed] };
      await remember(context, 'churn', found);
      return found;
    };
    const { minutes } = await drive(WATCHED, 0, read, wait, context);
    expect(minutes).toMatchObject([{ unreadable: true }]);
  });

  it('leaves out a minute in which the traffic changed', async () => {
    const { context, reading, pass } = service();
    pass(MINUTE);
    const watched = { ...WATCHED, times: [{ step: 0, from: T0 + 30_000 }] };
    const read = async () => {
      const found = reading();
      await remember(context, 'churn', found);
      return found;
    };
    expect((await drive(watched, 0, read, wait, context)).minutes).toEqual([]);
  });
});
