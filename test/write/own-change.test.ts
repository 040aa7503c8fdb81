/** A write that could not be confirmed claims only what this server made. Someone else's equal change keeps its author, and gets no undo. */
import { describe, expect, it } from 'vitest';
import type { FaultEffect } from '../../src/sandbox/index.ts';
import { journalThat } from '../support/before-sending.ts';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import { CONFIG_PATH, churnEntity, writes } from '../support/workspace.ts';

const ROOT = '/api/2.0/serving-endpoints';
const OTHER = 'engineer@example.com';
const ENTITY = {
  name: 'churn-1',
  entity_name: 'ml.prod.churn',
  entity_version: '1',
  workload_size: 'Small',
  workload_type: 'CPU',
  scale_to_zero_enabled: true,
};
const CREATE = { endpoint: 'new', model: 'ml.prod.churn', version: '1' };
const SWAP = { endpoint: 'churn', version: '2', wait_seconds: 0 };

const begin = useHarness((options: HarnessOptions) => ({ seed: safetyWorkspace(), ...options }));

/** A server where `act` happens between the reads of the first write and its request. */
async function meanwhile(act: (h: Harness) => Promise<unknown>, options: HarnessOptions = {}): Promise<Harness> {
  let run: (() => Promise<unknown>) | undefined;
  const h = await begin({
    journal: journalThat(async () => {
      const once = run;
      run = undefined;
      await once?.();
    }),
    ...options,
  });
  run = () => act(h);
  return h;
}

async function asUser(h: Harness, user: string, method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(h.sandbox.host + path, {
    method,
    headers: { authorization: `Bearer ${h.sandbox.tokenOf(user)}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Someone creates the endpoint, with these settings next to its name and entity. */
const created = async (h: Harness, user: string, more: Record<string, unknown> = {}, entity = ENTITY) => {
  const response = await asUser(h, user, 'POST', ROOT, { name: 'new', config: { served_entities: [entity] }, ...more });
  expect(response.ok).toBe(true);
};

/** The answer of the workspace. */
interface Split {
  config: { served_entities: unknown[] };
}

const newest = async (h: Harness) => (await h.call('list_changes', { limit: 1 })).data.changes[0];
const createdHere = async (h: Harness) =>
  (await h.call('delete_endpoint', { endpoint: 'new' })).data.preview.created_by_this_server;

/** Someone swaps the endpoint to a version, with all other settings as they are. */
const swapped = async (h: Harness, user: string, version: string) => {
  const entity = { ...churnEntity(version), name: `churn-${version}` };
  const response = await asUser(h, user, 'PUT', CONFIG_PATH, { served_entities: [entity] });
  expect(response.ok).toBe(true);
};

/** What makes the first POST miss: it never arrives, or it is refused unread. */
const MISSED: [string, FaultEffect][] = [
  ['is cut before it arrives', { cut: 'before' }],
  ['is answered with 500 unread', { status: 500, body: {} }],
  ['is answered with 520 unread', { status: 520, body: {} }],
];

describe('a create', () => {
  it('whose name someone else took in between is refused: it says who and when, and nothing is to be undone', async () => {
    const h = await meanwhile((harness) => created(harness, OTHER));
    const { data } = await h.call('create_endpoint', CREATE);
    expect(data.error).toMatchObject({
      code: 'name_taken',
      message: 'endpoint new already exists, and this call did not create it',
      next: expect.stringContaining('get_endpoint {"endpoint":"new"}'),
      retryable: false,
    });
    expect(data.existing).toEqual({ creator: OTHER, created: expect.stringMatching(/^\d{4}-/) });
    expect(data.changed).toBe(false);
    expect(data.undo).toBeUndefined();
    expect(await newest(h)).toMatchObject({ outcome: 'failed', code: 'name_taken' });
    expect(await createdHere(h)).toBe(false);
  });

  it('whose name the same user took elsewhere is refused too: this call sent one request, and it was refused', async () => {
    const h = await meanwhile((harness) => created(harness, 'admin@example.com'));
    const { data } = await h.call('create_endpoint', CREATE);
    expect(data.error).toMatchObject({ code: 'name_taken' });
    expect(await createdHere(h)).toBe(false);
  });

  it.each(MISSED)('that %s is not confirmed by an equal endpoint of someone else', async (_what, effect) => {
    const h = await meanwhile(async (harness) => {
      await created(harness, OTHER);
      harness.sandbox.faults.add({ match: { method: 'POST', path: ROOT }, effect });
    });
    const { data, isError } = await h.call('create_endpoint', CREATE);
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ retryable: false, next: expect.stringContaining('may or may not') });
    expect(data.undo).toBeUndefined();
    const change = await newest(h);
    expect(change.outcome).toBe('unknown');
    expect(await createdHere(h)).toBe(false);
    // The undo would delete the endpoint of someone else.
    h.sandbox.faults.clear();
    const undone = await h.call('undo_change', { id: change.id });
    expect(undone.data.error).toMatchObject({ code: 'changed_since' });
    expect(writes(h).some((each) => each.startsWith('DELETE'))).toBe(false);
  });

  it('whose 503 hid a failure is not confirmed by an equal endpoint of someone else', async () => {
    let done = false;
    const h = await meanwhile(
      async (harness) => {
        const busy = { status: 503, body: {} };
        harness.sandbox.faults.add({ match: { method: 'POST', path: ROOT }, times: 1, effect: busy });
      },
      {
        onSleep: async (sandbox) => {
          if (done) return;
          done = true;
          await fetch(sandbox.host + ROOT, {
            method: 'POST',
            headers: { authorization: `Bearer ${sandbox.tokenOf(OTHER)}`, 'content-type': 'application/json' },
            body: JSON.stringify({ name: 'new', config: { served_entities: [ENTITY] } }),
          });
        },
      },
    );
    expect((await h.call('create_endpoint', CREATE)).data).toMatchObject({
      error: { code: 'name_taken' },
      existing: { creator: OTHER },
    });
  });

  const two = {
    entities: [
      { ...ENTITY, name: 'a' },
      { ...ENTITY, name: 'b', entity_version: '2' },
    ],
  };
  it.each<[string, Record<string, unknown>]>([
    ['tags', { tags: { team: 'x' } }],
    ['a description', { description: 'Scores.' }],
    ['a gateway', { ai_gateway: { usage_tracking_config: { enabled: true } } }],
    ['limits', { ai_gateway: { rate_limits: [{ calls: 9, key: 'user', renewal_period: 'minute' }] } }],
    ['notifications', { notifications: { on_update_failure: ['oncall@example.com'] } }],
    ['a route', { route_optimized: true }],
    ['a size', { workload_size: 'Large' }],
    ['variables', { environment_vars: { MODE: 'a' } }],
  ])('is not confirmed by an endpoint of the same user without its %s', async (_what, more) => {
    const h = await meanwhile(async (harness) => {
      await created(harness, 'admin@example.com');
      harness.sandbox.faults.add({ match: { method: 'POST', path: ROOT }, effect: { cut: 'before' } });
    });
    const { data } = await h.call('create_endpoint', { ...CREATE, ...more });
    expect(data.error).toMatchObject({ code: 'connection', retryable: false });
    expect(data.undo).toBeUndefined();
  });

  it('is not confirmed by an endpoint with another split', async () => {
    const h = await meanwhile(async (harness) => {
      const routes = ['a', 'b'].map((name) => ({ served_entity_name: name, traffic_percentage: 50 }));
      const config = { served_entities: two.entities, traffic_config: { routes } };
      await asUser(harness, 'admin@example.com', 'POST', ROOT, { name: 'new', config });
      harness.sandbox.faults.add({ match: { method: 'POST', path: ROOT }, effect: { cut: 'before' } });
    });
    const { data } = await h.call('create_endpoint', { endpoint: 'new', ...two, traffic: { a: 90, b: 10 } });
    expect(data.error).toMatchObject({ code: 'connection', retryable: false });
  });

  it('is not confirmed by an equal endpoint that is older than its request', async () => {
    const h = await begin({});
    await created(h, 'admin@example.com');
    h.sandbox.clock.advance(60_000);
    // The read before the request is older still.
    h.sandbox.faults.add({ match: { method: 'GET', path: `${ROOT}/new` }, times: 1, effect: { stale: true } });
    h.sandbox.faults.add({ match: { method: 'POST', path: ROOT }, effect: { cut: 'before' } });
    const { data } = await h.call('create_endpoint', CREATE);
    expect(data.error).toMatchObject({ code: 'connection', retryable: false });
  });

  const FULL = {
    ...CREATE,
    tags: { team: 'x', cost: '7' },
    description: 'Scores.',
    notifications: { on_update_failure: ['oncall@example.com'], on_update_success: [] },
    ai_gateway: { usage_tracking_config: { enabled: true }, rate_limits: [{ calls: 9, renewal_period: 'minute' }] },
  };
  it.each<[string, FaultEffect]>([
    ['was lost', { lost_reply: true }],
    ['was a late 520', { late_status: 520 }],
  ])('whose reply %s is recognized with all of its settings', async (_what, effect) => {
    const h = await meanwhile(async (harness) => {
      harness.sandbox.faults.add({ match: { method: 'POST', path: ROOT }, effect });
    });
    const { data } = await h.call('create_endpoint', FULL);
    expect(data).toMatchObject({ changed: true, lost_reply: expect.stringContaining('the change was made') });
    expect(data.undo).toContain('undo_change');
    expect(await createdHere(h)).toBe(true);
  });

  it.each<[string, FaultEffect]>([
    ['403', { status: 403, body: {} }],
    ['500', { status: 500, body: {} }],
  ])('whose caller cannot be read (%s) is only perhaps ours', async (_what, effect) => {
    const h = await meanwhile(async (harness) => {
      harness.sandbox.faults.add({ match: { method: 'GET', path: '/**/Me' }, effect });
      harness.sandbox.faults.add({ match: { method: 'POST', path: ROOT }, effect: { lost_reply: true } });
    });
    const { data } = await h.call('create_endpoint', CREATE);
    expect(data).toMatchObject({ changed: true, lost_reply: expect.stringContaining('may also come from') });
  });
});

describe('an update', () => {
  it('that is refused because someone else runs an equal one is not called ours', async () => {
    const h = await meanwhile((harness) => swapped(harness, OTHER, '2'));
    const { data } = await h.call('swap_version', SWAP);
    expect(data.error).toMatchObject({ code: 'RESOURCE_CONFLICT', retryable: true });
    expect(data.changed).toBeUndefined();
    expect(data.undo).toBeUndefined();
    expect((await newest(h)).outcome).toBe('failed');
  });

  it.each(MISSED)('that %s is not confirmed by an equal one of someone else', async (_what, effect) => {
    const h = await meanwhile(async (harness) => {
      await swapped(harness, OTHER, '2');
      harness.sandbox.faults.add({ match: { method: 'PUT', path: CONFIG_PATH }, effect });
    });
    const { data } = await h.call('swap_version', SWAP);
    expect(data.error).toMatchObject({ retryable: false, next: expect.stringContaining('may or may not') });
    expect(data.undo).toBeUndefined();
    expect((await newest(h)).outcome).toBe('unknown');
  });

  it('is not confirmed by a config that is two versions on: another call made at least one of them', async () => {
    const CONFIG = `${ROOT}/split/config`;
    const h = await meanwhile(async (harness) => {
      const { config } = (await (await asUser(harness, 'admin@example.com', 'GET', `${ROOT}/split`)).json()) as Split;
      for (const share of [50, 10]) {
        const routes = [share, 100 - share].map((percent, at) => ({
          served_entity_name: `churn-${at + 1}`,
          traffic_percentage: percent,
        }));
        const body = { served_entities: config.served_entities, traffic_config: { routes } };
        expect((await asUser(harness, 'admin@example.com', 'PUT', CONFIG, body)).ok).toBe(true);
        harness.sandbox.clock.advance(600_000);
      }
      harness.sandbox.faults.add({ match: { method: 'PUT', path: CONFIG }, effect: { cut: 'before' } });
    });
    const { data } = await h.call('set_traffic', { endpoint: 'split', traffic: { 'churn-1': 10, 'churn-2': 90 } });
    expect(data.error).toMatchObject({ code: 'connection', retryable: false });
  });

  it('whose reply was lost is recognized by its caller, its time and its version', async () => {
    const h = await meanwhile(async (harness) => {
      harness.sandbox.faults.add({ match: { method: 'PUT', path: CONFIG_PATH }, effect: { lost_reply: true } });
    });
    const { data } = await h.call('swap_version', SWAP);
    expect(data).toMatchObject({ changed: true, lost_reply: expect.stringContaining('the change was made') });
  });

  it('of the traffic alone has no author, so the answer says that it may be someone else’s', async () => {
    const h = await meanwhile(async (harness) => {
      harness.sandbox.faults.add({
        match: { method: 'PUT', path: `${ROOT}/split/config` },
        effect: { lost_reply: true },
      });
    });
    const { data } = await h.call('set_traffic', { endpoint: 'split', traffic: { 'churn-1': 10, 'churn-2': 90 } });
    expect(data).toMatchObject({ changed: true, lost_reply: expect.stringContaining('may also come from') });
  });
});

describe('a repeated call does not finish an interrupted one with the change of someone else', () => {
  /** The journal of a server that ended before its request arrived. */
  async function interrupted(tool: string, args: Record<string, unknown>, act: (h: Harness) => Promise<unknown>) {
    const h = await begin({ journal: unfinished() });
    h.sandbox.faults.add({ match: { method: tool === 'create_endpoint' ? 'POST' : 'PUT' }, effect: { cut: 'before' } });
    await h.call(tool, args);
    h.sandbox.faults.clear();
    expect((await newest(h)).outcome).toBe('unfinished');
    await act(h);
    return h;
  }

  /** A journal that misses the first end. */
  function unfinished() {
    const journal = journalThat(() => {});
    let missed = false;
    return {
      ...journal,
      async end(...args: Parameters<typeof journal.end>) {
        if (missed) await journal.end(...args);
        missed = true;
      },
    };
  }

  it('a create', async () => {
    const h = await interrupted('create_endpoint', CREATE, (harness) => created(harness, OTHER));
    const { data } = await h.call('create_endpoint', CREATE);
    expect(data).toMatchObject({ changed: false, creator: OTHER });
    expect(data.undo).toBeUndefined();
    expect((await newest(h)).outcome).toBe('unfinished');
    expect(await createdHere(h)).toBe(false);
  });

  it('a swap', async () => {
    const h = await interrupted('swap_version', SWAP, async (harness) => {
      await swapped(harness, OTHER, '2');
      harness.sandbox.clock.advance(600_000);
    });
    const { data } = await h.call('swap_version', SWAP);
    expect(data).toMatchObject({ changed: false, outcome: 'ready' });
    expect(data.undo).toBeUndefined();
    expect((await newest(h)).outcome).toBe('unfinished');
  });

  it('of an own create it finishes the entry', async () => {
    const h = await interrupted('create_endpoint', CREATE, (harness) => created(harness, 'admin@example.com'));
    const { data } = await h.call('create_endpoint', CREATE);
    expect(data).toMatchObject({ changed: false, undo: expect.stringContaining('undo_change') });
    expect((await newest(h)).outcome).toBe('done');
  });
});
