/** A call that its client, its time or its server ends: reads stop, a change under way runs to its answer, and nothing begins after it. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { CallEnd, callEnd } from '../../src/calls/call-end.ts';
import { report } from '../../src/calls/error-report.ts';
import type { CallLimit } from '../../src/calls/in-time.ts';
import { newest } from '../support/faults-on-write.ts';
import type { HarnessOptions } from '../support/harness.ts';
import { holdRequests } from '../support/holding.ts';
import type { ProxiedRequest } from '../support/intercepting-proxy.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { agree, settle } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { writes } from '../support/workspace.ts';

const CALL_MS = 46_000;
const ANSWER_MS = 49_000;

/** A limit whose times are up when the test says so. */
function manualLimit(more: Partial<CallLimit> = {}) {
  const timers = new Map<() => void, number>();
  const limit: CallLimit = {
    waitSeconds: 40,
    callMs: CALL_MS,
    answerMs: ANSWER_MS,
    stop: new AbortController().signal,
    timer(work, ms) {
      timers.set(work, ms);
      return () => timers.delete(work);
    },
    ...more,
  };
  const pass = (until: number) => {
    for (const [work, ms] of timers) if (ms <= until) work();
  };
  return { limit, pass, open: timers };
}

const begin = useHarness((options: HarnessOptions) => ({ seed: safetyWorkspace(), onAsk: agree, ...options }));
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A server whose requests are held where `holds` says so, until `release`. */
async function holding(holds: (request: ProxiedRequest) => boolean, options: HarnessOptions = {}) {
  const { via, held, release, close } = holdRequests(holds);
  closing.push(close);
  const h = await begin({ ...options, via });
  return { h, held, release };
}

const isWrite = ({ method, moment }: ProxiedRequest) => method !== 'GET' && moment === 'after';
const isRead = ({ path, moment }: ProxiedRequest) => path.includes('/serving-endpoints/churn') && moment === 'before';
const LIMIT = ['set_rate_limits', { endpoint: 'churn', set: [{ key: 'user', calls: 9 }] }] as const;
const ALIAS = ['set_alias', { model: 'ml.prod.churn', alias: 'challenger', version: '2' }] as const;
const SWAP = ['swap_version', { endpoint: 'churn', version: '3', alias: 'champion', wait_seconds: 1800 }] as const;

describe('a client that goes away', () => {
  it('does not cut off a change that is under way: the journal knows its end', async () => {
    const { h, held, release } = await holding(isWrite);
    const controller = new AbortController();
    const gone = h.call(...ALIAS, { signal: controller.signal }).catch(() => undefined);
    await held;
    controller.abort('enough');
    await gone;
    release();
    await h.settled();
    expect(await newest(h)).toMatchObject({ tool: 'set_alias', outcome: 'done' });
    expect(writes(h)).toHaveLength(1);
  });

  it('leaves a change open whose effect was not read, and the same call closes it', async () => {
    const { h, held, release } = await holding(isWrite);
    const controller = new AbortController();
    const gone = h.call(...LIMIT, { signal: controller.signal }).catch(() => undefined);
    await held;
    controller.abort('enough');
    await gone;
    release();
    await h.settled();
    expect(await newest(h)).toMatchObject({ tool: 'set_rate_limits', outcome: 'started' });
    expect((await h.call(...LIMIT)).data.changed).toBe(false);
    expect(await newest(h)).toMatchObject({ outcome: 'done' });
    expect(writes(h)).toHaveLength(1);
  });

  it('ends a write before its next step, and the journal says which part was made', async () => {
    const { h, held, release } = await holding(isWrite);
    const controller = new AbortController();
    const parts = { endpoint: 'churn', tags: { team: 'risk' }, description: 'Scores new customers.' };
    const gone = h.call('update_endpoint', parts, { signal: controller.signal }).catch(() => undefined);
    await held;
    controller.abort('enough');
    await gone;
    release();
    await h.settled();
    expect(writes(h)).toHaveLength(1);
    expect(await newest(h)).toMatchObject({ tool: 'update_endpoint', outcome: 'partly' });
    expect((await h.call('update_endpoint', parts)).data.changed).toBe(true);
    expect(writes(h)).toHaveLength(2);
  });

  it('during the wait after a change ends the wait, and the journal has the change open', async () => {
    const controller = new AbortController();
    const h = await begin({ onSleep: () => controller.abort('enough') });
    await h.call(...SWAP, { signal: controller.signal }).catch(() => undefined);
    await h.settled();
    expect(writes(h)).toHaveLength(1);
    expect(await newest(h)).toMatchObject({ tool: 'swap_version', outcome: 'started' });
  });

  it('before anything was sent has changed nothing, and the journal does not leave it open', async () => {
    const { h, held, release } = await holding(isRead);
    const controller = new AbortController();
    const gone = h.call(...LIMIT, { signal: controller.signal }).catch(() => undefined);
    await held;
    controller.abort('enough');
    await gone;
    release();
    await h.settled();
    expect(writes(h)).toEqual([]);
    expect((await h.call('list_changes')).data.changes).toBeUndefined();
  });
});

describe('a call whose time is up', () => {
  it('gets an answer that says so, and how to go on', async () => {
    const { limit, pass, open } = manualLimit();
    const { h, held } = await holding(isRead, { limit });
    const answer = h.call('get_endpoint', { endpoint: 'churn' });
    await held;
    pass(CALL_MS);
    const { data, isError } = await answer;
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({
      code: 'time_limit',
      retryable: true,
      next: expect.stringMatching(/^Repeat the call/),
    });
    expect(open.size).toBe(0);
  });

  it('that asked a model says that the inference may have run', async () => {
    const { limit, pass } = manualLimit();
    const { h, held } = await holding(({ method, path }) => method === 'POST' && path.endsWith('/invocations'), {
      limit,
    });
    const answer = h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] });
    await held;
    pass(CALL_MS);
    const { data } = await answer;
    expect(data.error).toMatchObject({ code: 'time_limit', retryable: false });
    expect(data.error.message).toContain('may have run');
  });

  it('gets an answer while its change is under way, and the change goes on', async () => {
    const { limit, pass } = manualLimit();
    const { h, held, release } = await holding(isWrite, { limit });
    const answer = h.call(...LIMIT);
    await held;
    pass(ANSWER_MS);
    const { data } = await answer;
    expect(data.error).toMatchObject({ code: 'time_limit', retryable: false });
    expect(data.error.next).toBe(
      'The change may or may not have taken effect. Call get_endpoint {"endpoint":"churn"}.',
    );
    expect(data.changed).toBeUndefined();
    release();
    await h.settled();
    expect(await newest(h)).toMatchObject({ tool: 'set_rate_limits', outcome: 'started' });
  });

  it('in the pause of a wait after its change says that the change was accepted', async () => {
    const { limit, pass } = manualLimit();
    const h = await begin({ limit, onSleep: () => pass(CALL_MS) });
    const { data } = await h.call(...SWAP);
    expect(data).toMatchObject({
      changed: true,
      error: { code: 'outcome_unseen' },
      not_done: [expect.stringContaining('champion')],
    });
    expect(data.error.next).toMatch(/^Repeat the call: it continues/);
    expect(data.error.next).not.toMatch(/ask for less/);
    settle(h);
    const again = await begin({ sandbox: h.sandbox });
    expect((await again.call(...SWAP)).data).toMatchObject({ outcome: 'ready' });
  });

  it('by the stop of the server says that, and can be repeated', async () => {
    const stop = new AbortController();
    const { h, held } = await holding(isRead, { limit: manualLimit({ stop: stop.signal }).limit });
    const answer = h.call('get_endpoint', { endpoint: 'churn' });
    await held;
    stop.abort();
    expect((await answer).data.error).toMatchObject({ code: 'server_stopping', retryable: true });
  });
});

describe('a wait on a server with a time limit', () => {
  it('is shortened, and the answer says so', async () => {
    const h = await begin({ limit: manualLimit().limit });
    await h.call('swap_version', { endpoint: 'churn', version: '3', wait_seconds: 0 });
    const slept = h.slept();
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', wait_seconds: '600' });
    expect(data).toMatchObject({
      outcome: 'waiting',
      shortened: 'wait_seconds: this server waits at most 40 s in one call',
    });
    expect(h.slept() - slept).toBe(40_000);
  });

  it('that asks for less is left as it is', async () => {
    const h = await begin({ limit: manualLimit().limit });
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', wait_seconds: 5 });
    expect(data).toMatchObject({ outcome: 'ready' });
    expect(data.shortened).toBeUndefined();
  });

  it('by default longer than the limit is shortened without a word, where the call succeeds', async () => {
    const h = await begin({ limit: manualLimit({ waitSeconds: 20 }).limit });
    const { data } = await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] });
    expect(data).toMatchObject({ predictions: expect.anything() });
    expect(data.shortened).toBeUndefined();
  });

  it('with a wrong value is refused as everywhere', async () => {
    const h = await begin({ limit: manualLimit().limit });
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', wait_seconds: 'long' });
    expect(data.error).toMatchObject({ code: 'invalid_arguments' });
  });
});

it('the end of a pause names the end of its call', async () => {
  const controller = new AbortController();
  const paused = pause(CALL_MS, undefined, { signal: controller.signal }).catch((error: unknown) => error);
  controller.abort(new CallEnd('time_limit', 'the call was long'));
  const error = await paused;
  expect(callEnd(error)).toMatchObject({ code: 'time_limit' });
  expect(report(error, { tool: 'wait_for_endpoint', effect: 'read' }).error).toMatchObject({
    code: 'time_limit',
    message: 'the call was long',
  });
});
