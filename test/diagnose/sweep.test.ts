/** A look at all endpoints, through the protocol, against the sandbox. */
import { afterEach, describe, expect, it } from 'vitest';
import type { HarnessOptions } from '../support/harness.ts';
import { manyEndpoints, nameOf } from '../support/many-endpoints.ts';
import { RUN_ALL } from '../support/selection.ts';
import { type SlowProxy, startSlowProxy } from '../support/slow-proxy.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint, follow, seed } from '../support/workspace.ts';

const proxies: SlowProxy[] = [];
afterEach(() => Promise.all(proxies.splice(0).map((each) => each.close())));

const begin = useHarness((options: HarnessOptions) => options);
const slow = (delayMs: (path: string) => number) => async (host: string) => {
  const proxy = await startSlowProxy(host, delayMs);
  proxies.push(proxy);
  return proxy.host;
};

const BUSY = { traffic: { requests_per_minute: 6 } };
const busy = (...names: string[]) => names.map((name) => endpoint(name, [churnEntity('1')], [], BUSY));
const TEN_MINUTES = 10 * 60_000;

describe('diagnose_endpoint without an endpoint', () => {
  // The long form has the size of a large workspace.
  const count = RUN_ALL ? 200 : 30;

  it('names each broken endpoint in 2,000 tokens, with ten requests at a time', async () => {
    const h = await begin({ seed: manyEndpoints(count), via: slow(() => 20) });
    h.sandbox.clock.advance(TEN_MINUTES);
    const messages: string[] = [];
    const { data, text } = await h.call(
      'diagnose_endpoint',
      {},
      { onprogress: (each) => messages.push(each.message ?? '') },
    );
    expect(text.length / 4).toBeLessThanOrEqual(2_000);
    const bad = count * 0.3;
    expect(data).toMatchObject({ total: count, judged: count, need_a_person: bad, fine: { healthy: count - bad } });
    expect(data.foundation_models_left_out).toBe(1);
    const [first] = data.endpoints;
    expect(first).toMatchObject({ endpoint: nameOf(0), verdict: 'update_failed', code: 'sklearn_version' });
    expect(first.finding).toContain('churn-4');
    expect(first.next).toBe(`diagnose_endpoint {"endpoint":"${nameOf(0)}"}`);
    const named = [
      ...data.endpoints.map((each: { endpoint: string }) => each.endpoint),
      ...(data.without_sentence ?? []).flatMap((each: { endpoints: string[] }) => each.endpoints),
    ];
    const broken = Array.from({ length: count }, (_, at) => at).filter((at) => at % 10 < 3);
    expect(named.toSorted()).toEqual(broken.map(nameOf));
    expect(proxies[0]?.peak()).toBeGreaterThan(5);
    expect(proxies[0]?.peak()).toBeLessThanOrEqual(10);
    expect(messages.at(-1)).toBe(`judged ${count} of ${count} endpoints`);
    expect(h.sent().filter((each) => !each.startsWith('GET '))).toEqual([]);
  });

  it('sends two requests for an endpoint that looks healthy', async () => {
    const h = await begin({ seed: seed(busy('a', 'b', 'c')) });
    h.sent();
    await h.call('diagnose_endpoint');
    expect(h.sent()).toHaveLength(1 + 2 * 3);
  });

  it('goes on when one endpoint hangs, one fails and one is deleted meanwhile', async () => {
    const h = await begin({
      seed: seed(busy('a', 'b', 'c', 'd', 'e')),
      via: slow((path) => (path.endsWith('/serving-endpoints/b') ? Number.POSITIVE_INFINITY : 0)),
    });
    const answer = (name: string, status: number, error_code: string) =>
      h.sandbox.faults.add({
        match: { path: `/api/2.0/serving-endpoints/${name}` },
        effect: { status, body: { error_code, message: 'no' } },
        times: 50,
      });
    answer('c', 403, 'PERMISSION_DENIED');
    answer('d', 404, 'RESOURCE_DOES_NOT_EXIST');
    const { data, isError } = await h.call('diagnose_endpoint', { wait_seconds: 2 });
    expect(isError).toBe(false);
    expect(data).toMatchObject({ total: 5, judged: 2, fine: { healthy: 2 }, deleted_meanwhile: 1 });
    expect(data.not_judged).toEqual([
      { why: 'it did not answer in time', count: 1, endpoints: ['b'] },
      { why: 'the service refused access (403)', count: 1, endpoints: ['c'] },
    ]);
    expect(data.next_cursor).toBeUndefined();
  });

  it('answers with what it judged when its time is up, and the next call goes on there', async () => {
    const names = Array.from({ length: 30 }, (_, at) => `m-${at + 10}`);
    let held = true;
    const h = await begin({
      seed: seed(busy(...names)),
      // The list and the first ones answer, and the others keep the call waiting.
      via: slow((path) => (held && /\/m-[23]\d/.test(path) ? Number.POSITIVE_INFINITY : 0)),
    });
    const first = await h.call('diagnose_endpoint', { wait_seconds: 1 });
    expect(first.isError).toBe(false);
    held = false;
    const seen: string[] = [];
    let { data } = first;
    for (let calls = 0; calls < 40 && data.next_cursor !== undefined; calls++) {
      seen.push(data.next_cursor);
      ({ data } = await follow(h, data.next));
    }
    expect(seen).toEqual([...new Set(seen)].toSorted());
    expect(data.next_cursor).toBeUndefined();
    expect(data.judged).toBeGreaterThan(0);
  });

  it('stops sending when it is cancelled', async () => {
    const stop = new AbortController();
    const h = await begin({ seed: seed(busy('a', 'b', 'c')), via: slow(() => Number.POSITIVE_INFINITY) });
    const call = h.call('diagnose_endpoint', {}, { signal: stop.signal });
    await expect.poll(() => proxies[0]?.count()).toBeGreaterThan(0);
    stop.abort();
    await expect(call).rejects.toThrow();
    await h.settled();
    const before = proxies[0]?.count();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(proxies[0]?.count()).toBe(before);
  });

  it('says which endpoints it could not judge, and why', async () => {
    const h = await begin({ seed: seed(busy('a', 'b')) });
    h.sandbox.faults.add({
      match: { path: '/api/2.0/serving-endpoints/a/metrics' },
      effect: { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'no' } },
      times: 50,
    });
    const { data } = await h.call('diagnose_endpoint');
    expect(data.not_judged).toEqual([{ why: 'metrics: the service refused access (403)', count: 1, endpoints: ['a'] }]);
    expect(data.fine).toEqual({ healthy: 1 });
  });

  it('counts a stopped endpoint as one that a person stopped', async () => {
    const h = await begin({ seed: seed([endpoint('a', [churnEntity('1')], [], { stopped: true })]) });
    const { data } = await h.call('diagnose_endpoint');
    expect(data).toMatchObject({ need_a_person: 0, fine: { stopped: 1 } });
  });

  it('takes a part of the name, and offers near names when none has it', async () => {
    const h = await begin({ seed: seed(busy('churn-eu', 'churn-us', 'other')) });
    expect((await h.call('diagnose_endpoint', { name_contains: 'churn' })).data.total).toBe(2);
    expect((await h.call('diagnose_endpoint', { name_contains: 'chrun-eu' })).data).toMatchObject({
      total: 0,
      near: ['churn-eu'],
    });
  });

  it('refuses an answer of a caller without the endpoint that gave it', async () => {
    const h = await begin({ seed: seed(busy('a')) });
    h.sent();
    const { data } = await h.call('diagnose_endpoint', { error: 'HTTP 429 Too Many Requests' });
    expect(data.error).toMatchObject({ code: 'invalid_arguments', next: 'Give the endpoint that answered so.' });
    expect(h.sent()).toEqual([]);
  });

  it('refuses a part of the name next to a name, and loses neither', async () => {
    const h = await begin({ seed: seed(busy('a')) });
    const { data, isError } = await h.call('diagnose_endpoint', { endpoint: 'a', name_contains: 'b' });
    expect(isError).toBe(true);
    expect(data.error.next).toContain('diagnose_endpoint {"endpoint":"a"}');
  });
});
