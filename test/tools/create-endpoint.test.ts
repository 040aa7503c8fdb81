import { describe, expect, it } from 'vitest';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, CHURN, churnEntity, endpoint, follow, LOAD_ERROR, parseCall, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const ROOT = '/api/2.0/serving-endpoints';
const CALL = { endpoint: 'churn', model: 'ml.prod.churn', version: '1' };

describe('creating', () => {
  it('sends one POST with the version, size, type and scaling, and names the next call', async () => {
    const h = await begin();
    const { data, isError } = await h.call('create_endpoint', CALL);
    expect(isError).toBe(false);
    expect(writes(h)).toEqual([`POST ${ROOT}`]);
    expect(bodies(h, 'POST', ROOT)[0]).toMatchObject({
      name: 'churn',
      config: {
        served_entities: [
          {
            entity_name: 'ml.prod.churn',
            entity_version: '1',
            workload_size: 'Small',
            workload_type: 'CPU',
            scale_to_zero_enabled: true,
          },
        ],
      },
    });
    expect(data).toMatchObject({
      changed: true,
      outcome: 'waiting',
      status: 'creating',
      serving: 'nothing is serving',
    });
    expect(h.slept()).toBe(0);
  });

  it('sends what the caller named, explicit false too', async () => {
    const h = await begin();
    await h.call('create_endpoint', {
      ...CALL,
      workload_size: 'Large',
      workload_type: 'GPU_SMALL',
      scale_to_zero: false,
      environment_vars: { MODE: 'x', TOKEN: '{{secrets/ml/token}}' },
      description: 'd',
      tags: { team: 'retention' },
    });
    expect(bodies(h, 'POST', ROOT)[0]).toMatchObject({
      description: 'd',
      tags: [{ key: 'team', value: 'retention' }],
      config: {
        served_entities: [
          {
            workload_size: 'Large',
            workload_type: 'GPU_SMALL',
            scale_to_zero_enabled: false,
            environment_vars: { MODE: 'x', TOKEN: '{{secrets/ml/token}}' },
          },
        ],
      },
    });
  });

  it('continues with the call in next, made literally, until it serves', async () => {
    const h = await begin();
    let { data } = await h.call('create_endpoint', CALL);
    expect(parseCall(data.next)).toMatchObject({
      name: 'wait_for_endpoint',
      args: { endpoint: 'churn', version: '1' },
    });
    let calls = 0;
    for (; data.outcome === 'waiting' && calls < 20; calls++) ({ data } = await follow(h, data.next));
    expect(data).toMatchObject({ outcome: 'ready', serving: 'serving churn-1 (100 %)' });
    expect(calls).toBe(5); // three minutes in pieces of 40 s
  });

  it('waits when asked to, and its next leads to an example that works unchanged', async () => {
    const h = await begin();
    const { data } = await h.call('create_endpoint', { ...CALL, wait_seconds: 900 });
    expect(data).toMatchObject({ outcome: 'ready', serving: 'serving churn-1 (100 %)' });
    const { data: schema } = await follow(h, data.next);
    expect((await h.call('query_endpoint', schema.example)).data.predictions).toHaveLength(1);
  });

  it('resolves an alias to the number of this moment', async () => {
    const h = await begin();
    const { data } = await h.call('create_endpoint', { ...CALL, version: '@champion' });
    expect(data.version).toBe('1');
    expect(bodies(h, 'POST', ROOT)[0]).toMatchObject({ config: { served_entities: [{ entity_version: '1' }] } });
  });

  it('is undone by the call it gives', async () => {
    const h = await begin();
    const { data } = await h.call('create_endpoint', CALL);
    const shown = await follow(h, data.undo);
    expect(shown.data).toMatchObject({ changed: false });
    expect((await follow(h, shown.data.next)).data).toMatchObject({ deleted: true });
  });

  it('that fails says that the endpoint exists and why it does not serve', async () => {
    const h = await begin();
    const { data, isError } = await h.call('create_endpoint', { ...CALL, version: '4', wait_seconds: 900 });
    expect(isError).toBe(true);
    expect(data).toMatchObject({
      error: { code: 'deployment_failed' },
      changed: true,
      outcome: 'failed',
      failed_entities: [{ name: 'churn-4', message: LOAD_ERROR }],
    });
    expect(data.error.next).toContain('diagnose_endpoint {"endpoint":"churn"}');
  });
});

describe('a repeat', () => {
  it('sends nothing and says changed: false', async () => {
    const h = await begin();
    await h.call('create_endpoint', CALL);
    const { data, isError } = await h.call('create_endpoint', CALL);
    expect(isError).toBe(false);
    expect(data).toMatchObject({ changed: false });
    expect(parseCall(data.next).name).toBe('wait_for_endpoint');
    expect(writes(h)).toHaveLength(1);
  });

  it.each<[string, Record<string, unknown>, unknown]>([
    ['a size', { workload_size: 'Large' }, [{ field: 'churn-1.workload_size', from: 'Medium', to: 'Large' }]],
    [
      'a variable',
      { environment_vars: { MODE: 'lax' } },
      [{ field: 'churn-1.environment_vars.MODE', from: 'strict', to: 'lax' }],
    ],
    ['nothing but the model', {}, undefined],
    ['settings with their current values', { workload_size: 'Medium', scale_to_zero: false }, undefined],
  ])('that gives %s: a difference is reported, and settings not given never differ', async (_what, args, differs) => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const call = { endpoint: 'churn', model: 'ml.prod.churn', version: '1', ...args };
    const { data, isError } = await h.call('create_endpoint', call);
    expect(isError).toBe(differs !== undefined);
    expect(data.differs).toEqual(differs);
    if (differs === undefined) expect(data).toMatchObject({ changed: false });
    else expect(data.error).toMatchObject({ code: 'name_taken', next: expect.stringContaining('update_endpoint') });
    expect(writes(h)).toEqual([]);
  });

  it('never touches something else of the same name', async () => {
    const h = await begin([endpoint('churn', [churnEntity('2')])]);
    const { data, isError } = await h.call('create_endpoint', CALL);
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'name_taken' });
    expect(writes(h)).toEqual([]);
  });
});

describe('preview', () => {
  it('dry_run sends nothing and shows exactly what would be sent', async () => {
    const h = await begin();
    const { data } = await h.call('create_endpoint', { ...CALL, dry_run: true });
    expect(writes(h)).toEqual([]);
    expect(data).toMatchObject({ dry_run: true, changed: false, changes: [{ field: 'endpoint', to: 'churn' }] });
    await h.call('create_endpoint', CALL);
    expect(data.requests).toEqual([{ method: 'POST', path: ROOT, body: bodies(h, 'POST', ROOT)[0] }]);
  });
});

describe('bad input', () => {
  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['an unknown argument', { modle: 'x' }, 'invalid_arguments', /unknown argument "modle": did you mean "model"/],
    ['a model of two parts', { model: 'prod.churn' }, 'invalid_arguments', /catalog\.schema\.model/],
    ['a model with a slash', { model: 'ml.prod.a/b' }, 'invalid_arguments', /catalog\.schema\.model/],
    ['a name with a slash', { endpoint: 'a/b' }, 'invalid_arguments', /letters, digits/],
    ['a name with a question mark', { endpoint: 'a?b' }, 'invalid_arguments', /letters, digits/],
    ['a name with a fragment', { endpoint: 'a#b' }, 'invalid_arguments', /letters, digits/],
    ['a name of dots', { endpoint: '..' }, 'invalid_arguments', /letters, digits/],
    ['an encoded slash', { endpoint: 'a%2Fb' }, 'invalid_arguments', /letters, digits/],
    ['a name of 64 characters', { endpoint: 'a'.repeat(64) }, 'invalid_arguments', /letters, digits/],
    ['a name with a direction override', { endpoint: 'a\u202eb' }, 'invalid_arguments', /letters, digits/],
    ['a size of its own', { workload_size: 'Huge' }, 'invalid_arguments', /workload_size/],
    ['text for a boolean', { scale_to_zero: 'yes' }, 'invalid_arguments', /scale_to_zero/],
    ['a version that does not exist', { version: '99' }, 'invalid_request', /no version 99/],
    ['a version that is not READY', { version: '5' }, 'invalid_request', /PENDING_REGISTRATION/],
    ['a model that does not exist', { model: 'ml.prod.nothing' }, 'invalid_request', /no model ml\.prod\.nothing/],
    [
      'a secret scope that does not exist',
      { environment_vars: { A: '{{secrets/nowhere/key}}' } },
      'invalid_request',
      /scope nowhere/,
    ],
    [
      'a secret key that does not exist',
      { environment_vars: { A: '{{secrets/ml/nothing}}' } },
      'invalid_request',
      /no key nothing/,
    ],
  ])('%s is refused, with nothing sent', async (_what, args, code, message) => {
    const h = await begin();
    const { data, isError } = await h.call('create_endpoint', { ...CALL, ...args });
    expect(isError).toBe(true);
    expect(data.error.code).toBe(code);
    expect(data.error.message).toMatch(message);
    expect(writes(h)).toEqual([]);
  });

  it.each([
    ['a token by its form', { HARMLESS: `dapi${'0'.repeat(32)}` }],
    ['a value with the name of a secret', { API_KEY: 'fake-not-a-key' }],
    ['a password', { DB_PASSWORD: 'fake-not-a-password' }],
  ])('a raw secret in a variable (%s) is refused and not echoed', async (_what, variables) => {
    const h = await begin();
    const { isError, text, data } = await h.call('create_endpoint', { ...CALL, environment_vars: variables });
    expect(isError).toBe(true);
    expect(data.error.message).toContain('{{secrets/');
    for (const value of Object.values(variables)) {
      expect(text).not.toContain(value);
      expect(h.logs.join('\n')).not.toContain(value);
    }
    expect(writes(h)).toEqual([]);
  });

  it('a caller without EXECUTE on the model learns that it is missing', async () => {
    const models = [{ ...CHURN, execute: ['admin@example.com'] }];
    const h = await begin([], { as: 'analyst@example.com' }, { models });
    const { data, isError } = await h.call('create_endpoint', CALL);
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'creator_lacks_rights' });
    expect(data.rights.missing).toMatchObject([{ privilege: 'EXECUTE' }]);
    const listed = await h.call('list_endpoints');
    expect(listed.data.total).toBe(0);
  });
});

describe('answers that get lost or lag behind', () => {
  it('a lost answer to the POST is resolved by reading: it is not sent twice', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'POST', path: ROOT }, times: 1, effect: { lost_reply: true } });
    const { data, isError } = await h.call('create_endpoint', CALL);
    expect(isError).toBe(false);
    expect(data).toMatchObject({ changed: true, outcome: 'waiting' });
    expect(writes(h)).toEqual([`POST ${ROOT}`]);
  });

  it('a POST that never arrived is reported as unknown and not sent twice', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'POST', path: ROOT }, times: 1, effect: { cut: 'before' } });
    const { data, isError } = await h.call('create_endpoint', CALL);
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'connection', retryable: false });
    expect(writes(h)).toEqual([`POST ${ROOT}`]);
    expect((await follow(h, data.error.next)).data.error.code).toBe('RESOURCE_DOES_NOT_EXIST');
  });

  it('a 503 that hid an accepted first try is resolved by reading', async () => {
    // A proxy that loses the answer has this effect: the first try succeeds, and the second finds the endpoint.
    const h = await begin([], {
      onSleep: async ({ host, token, requests }) => {
        const body = JSON.stringify(requests.find((request) => request.method === 'POST')?.body);
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        await fetch(host + ROOT, { method: 'POST', headers, body });
      },
    });
    h.sandbox.faults.add({ match: { method: 'POST', path: ROOT }, times: 1, effect: { status: 503, body: {} } });
    const { data, isError } = await h.call('create_endpoint', CALL);
    expect(h.sandbox.requests.filter(({ method }) => method === 'POST').map(({ status }) => status)).toEqual([
      503, 200, 409,
    ]);
    expect({ isError, changed: data.changed }).toEqual({ isError: false, changed: true });
  });

  it('reads older than the create are not a failure', async () => {
    const h = await begin();
    h.sandbox.faults.add({
      match: { method: 'GET', path: `${ROOT}/churn` },
      skip: 1,
      times: 2,
      effect: { stale: true },
    });
    const { data, isError } = await h.call('create_endpoint', { ...CALL, wait_seconds: 900 });
    expect({ isError, outcome: data.outcome }).toEqual({ isError: false, outcome: 'ready' });
  });

  it('a reading older than the create, without waiting, still answers that it was made', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'GET', path: `${ROOT}/churn` }, skip: 1, effect: { stale: true } });
    const { data, isError } = await h.call('create_endpoint', CALL);
    expect(isError).toBe(false);
    expect(data).toMatchObject({ changed: true, outcome: 'waiting', endpoint: 'churn' });
  });
});
