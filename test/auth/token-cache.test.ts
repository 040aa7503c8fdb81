import { describe, expect, it } from 'vitest';
import { createTokenCache, refreshLead, type Token } from '../../src/auth/token-cache.ts';

const MINUTE = 60_000;

/** A source whose fetches end when the test says so. */
function source() {
  const calls: { refused: boolean; give(token: Token): void; fail(error: Error): void }[] = [];
  const clock = { now: 0 };
  const cache = createTokenCache(
    (refused) => new Promise((give, fail) => calls.push({ refused, give, fail })),
    () => clock.now,
  );
  const call = (index: number) => {
    const found = calls[index];
    if (found === undefined) throw new Error(`there was no fetch ${index}`);
    return found;
  };
  return { cache, calls, clock, call };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

async function primed(expiresAt: number) {
  const environment = source();
  const first = environment.cache.get();
  await settle();
  environment.call(0).give({ value: 'one', expiresAt });
  await first;
  return environment;
}

it.each([
  [60 * MINUTE, 20 * MINUTE],
  [10 * MINUTE, 5 * MINUTE],
  [2_000, 1_000],
  [0, 0],
  [-5, 0],
])('a life of %d ms is renewed %d ms ahead', (ttl, lead) => {
  expect(refreshLead(ttl)).toBe(lead);
});

describe('a token', () => {
  it('that is fresh is served without a fetch', async () => {
    const { cache, calls, clock } = await primed(60 * MINUTE);
    clock.now = 40 * MINUTE - 1;
    expect((await cache.get()).value).toBe('one');
    expect(calls).toHaveLength(1);
  });

  it('that is stale is served while one refresh runs behind it', async () => {
    const { cache, calls, clock, call } = await primed(60 * MINUTE);
    clock.now = 40 * MINUTE;
    const values = await Promise.all([cache.get(), cache.get(), cache.get()]);
    expect(values.map(({ value }) => value)).toEqual(['one', 'one', 'one']);
    await settle();
    expect(calls).toHaveLength(2);
    call(1).give({ value: 'two', expiresAt: 100 * MINUTE });
    await settle();
    expect((await cache.get()).value).toBe('two');
    expect(calls).toHaveLength(2);
  });

  it('whose refresh failed is served on, and the next try comes a minute later', async () => {
    const { cache, calls, clock, call } = await primed(60 * MINUTE);
    clock.now = 45 * MINUTE;
    await cache.get();
    await settle();
    call(1).fail(new Error('issuer is down'));
    await settle();
    clock.now += MINUTE - 1;
    expect((await cache.get()).value).toBe('one');
    await settle();
    expect(calls).toHaveLength(2);
    clock.now += 1;
    expect((await cache.get()).value).toBe('one');
    await settle();
    expect(calls).toHaveLength(3);
  });

  it('with 40 s left is served, with less the callers wait: the service refuses the last 30 s', async () => {
    const { cache, calls, clock, call } = await primed(60 * MINUTE);
    clock.now = 60 * MINUTE - 40_000;
    expect((await cache.get()).value).toBe('one');
    await settle();
    call(1).fail(new Error('issuer is down'));
    await settle();
    clock.now = 60 * MINUTE - 39_999;
    const waiting = cache.get();
    await settle();
    expect(calls).toHaveLength(3);
    call(2).give({ value: 'two', expiresAt: 200 * MINUTE });
    expect((await waiting).value).toBe('two');
  });

  it('that lives under 40 s is handed to those who waited for it, and fetched again for the next', async () => {
    const { cache, calls, call } = source();
    const waiting = cache.get();
    await settle();
    call(0).give({ value: 'brief', expiresAt: 10_000 });
    expect((await waiting).value).toBe('brief');
    const next = cache.get();
    await settle();
    expect(calls).toHaveLength(2);
    call(1).give({ value: 'brief too', expiresAt: 10_000 });
    expect((await next).value).toBe('brief too');
  });

  it('without expiry is served until it is refused', async () => {
    const environment = source();
    const first = environment.cache.get();
    await settle();
    environment.call(0).give({ value: 'one' });
    await first;
    environment.clock.now = Number.MAX_SAFE_INTEGER;
    expect((await environment.cache.get()).value).toBe('one');
    expect(environment.calls).toHaveLength(1);
  });
});

describe('one refresh in flight', () => {
  it('is shared by everybody who waits', async () => {
    const { cache, calls, call } = source();
    const waiting = [cache.get(), cache.get(), cache.get()];
    await settle();
    expect(calls).toHaveLength(1);
    call(0).give({ value: 'one' });
    expect((await Promise.all(waiting)).map(({ value }) => value)).toEqual(['one', 'one', 'one']);
  });

  it('survives the caller who gives up', async () => {
    const { cache, calls, call } = source();
    const impatient = new AbortController();
    const first = cache.get(impatient.signal);
    const second = cache.get();
    impatient.abort(new Error('the tool call was cancelled'));
    await expect(first).rejects.toThrow('the tool call was cancelled');
    call(0).give({ value: 'one' });
    expect((await second).value).toBe('one');
    expect(calls).toHaveLength(1);
  });

  it('is not begun for a caller who has already given up', async () => {
    const { cache, calls } = source();
    await expect(cache.get(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(calls).toHaveLength(0);
  });

  it('fails for all who wait, and the next caller tries again', async () => {
    const { cache, call } = source();
    const waiting = [cache.get(), cache.get()];
    await settle();
    call(0).fail(new Error('issuer is down'));
    const results = await Promise.allSettled(waiting);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = cache.get();
    await settle();
    call(1).give({ value: 'two' });
    expect((await again).value).toBe('two');
  });
});

describe('a refused token', () => {
  it('is fetched again only once, for any number of failed calls', async () => {
    const { cache, calls, call } = await primed(60 * MINUTE);
    const waiting = [0, 1, 2].map(() => {
      cache.invalidate();
      return cache.get();
    });
    await settle();
    expect(calls.map(({ refused }) => refused)).toEqual([false, true]);
    call(1).give({ value: 'two', expiresAt: 60 * MINUTE });
    expect((await Promise.all(waiting)).map(({ value }) => value)).toEqual(['two', 'two', 'two']);
  });

  it('does not cost the token that replaced it', async () => {
    const { cache, calls, call } = await primed(60 * MINUTE);
    expect(cache.invalidate('one')).toBe(true);
    const waiting = cache.get();
    expect(cache.invalidate('one')).toBe(false);
    await settle();
    call(1).give({ value: 'two', expiresAt: 60 * MINUTE });
    await waiting;
    expect(cache.invalidate('one')).toBe(false);
    expect((await cache.get()).value).toBe('two');
    expect(calls).toHaveLength(2);
  });

  it('does not come back from a refresh that set out before the refusal', async () => {
    const { cache, calls, clock, call } = await primed(60 * MINUTE);
    clock.now = 45 * MINUTE;
    await cache.get();
    await settle();
    cache.invalidate();
    const waiting = cache.get();
    await settle();
    expect(calls).toHaveLength(2);
    call(1).give({ value: 'the refused one again', expiresAt: 60 * MINUTE });
    await settle();
    expect(calls).toHaveLength(3);
    expect(call(2).refused).toBe(true);
    const inBetween = cache.get();
    call(2).give({ value: 'new', expiresAt: 120 * MINUTE });
    expect((await waiting).value).toBe('new');
    expect((await inBetween).value).toBe('new');
    expect((await cache.get()).value).toBe('new');
  });
});
