/** What incidents are made of: failures and mishaps that end when their cause does, steps of persons, places that are taken. */
import { afterEach, describe, expect, it } from 'vitest';
import type { SeedParts } from '../../../src/sandbox/incidents/index.ts';
import { parseSeed, type SeedVersion } from '../../../src/sandbox/seed/seed.ts';
import { ANALYST, type Client, ENDPOINTS, ENGINEER, startClient } from '../client.ts';

const SPEC: SeedVersion['spec'] = {
  kind: 'linear',
  inputs: [{ name: 'x', type: 'double' }],
  intercept: 1,
  coefficients: { x: 1 },
};
const ROW = { dataframe_records: [{ x: 1 }] };
const USERS = [
  { user_name: 'admin@example.com', admin: true },
  { user_name: ENGINEER },
  { user_name: ANALYST, left: true },
];
const MODEL = 'a.b.m';

const served = (version: number, more: object = {}) => ({
  ...{ entity_name: MODEL, entity_version: String(version), workload_size: 'Small', scale_to_zero_enabled: false },
  ...more,
});

let client: Client | undefined;
afterEach(async () => {
  await client?.sandbox.close();
  client = undefined;
});

/** A workspace in which version 1 serves and version 2 fails. */
async function begin(
  failure: SeedVersion['failure'],
  more: Partial<SeedVersion> = {},
  parts: SeedParts = {},
): Promise<Client> {
  const { endpoints, ...rest } = parts;
  const versions: SeedVersion[] = [
    { version: 1, status: 'READY', spec: SPEC },
    { version: 2, status: 'READY', spec: SPEC, ...(failure ? { failure } : {}), ...more },
  ];
  client = await startClient({
    seed: {
      users: USERS,
      models: [{ full_name: MODEL, owner: 'admin@example.com', execute: ['admin@example.com'], versions }],
      endpoints: endpoints ?? [{ name: 'e', config: { served_entities: [served(1)] } }],
      ...rest,
    },
  });
  return client;
}

/** Deploys an entity and waits for the end. */
async function deploy(entity: object, minutes = 60): Promise<string> {
  const reply = await client?.call('PUT', `${ENDPOINTS}/e/config`, { served_entities: [entity] });
  expect([reply?.status, reply?.text]).toEqual([200, expect.anything()]);
  client?.minutes(minutes);
  return (await client?.get('e'))?.body.state.config_update;
}

async function lines(kind: 'logs' | 'build-logs', config_version: number): Promise<string> {
  const entity = (await client?.get('e'))?.body.pending_config?.served_entities[0].name ?? 'm-2';
  const path = `${ENDPOINTS}/e/served-entities/${entity}/${kind}?config_version=${config_version}`;
  return (await client?.call('GET', path))?.body.logs;
}

describe('a version fails until what it needs is there', () => {
  const put = { scope: 's', key: 'k', string_value: 'made-up' };
  it.each<[string, NonNullable<SeedVersion['failure']>['until'], [string, string, object] | undefined, object]>([
    ['a secret', { secret: 's/k2' }, ['POST', '/api/2.0/secrets/put', { ...put, key: 'k2' }], {}],
    ['a new value of a secret', { secret_renewed: 's/k' }, ['POST', '/api/2.0/secrets/put', put], {}],
    [
      'a privilege',
      { privilege: { principal: ENGINEER, on: MODEL, privilege: 'EXECUTE' } },
      [
        'PATCH',
        `/api/2.1/unity-catalog/permissions/function/${MODEL}`,
        { changes: [{ principal: ENGINEER, add: ['EXECUTE'] }] },
      ],
      {},
    ],
    ['a fact that a step makes true', { fact: 'it-rains' }, ['POST', '/sandbox/steps/rain', {}], {}],
    ['a member who comes back', { member: ANALYST }, ['POST', '/sandbox/steps/return', {}], {}],
    ['a larger size', { workload_size: ['Large'] }, undefined, { workload_size: 'Large' }],
    ['a GPU', { workload_type: ['GPU_SMALL'] }, undefined, { workload_type: 'GPU_SMALL' }],
    ['a variable', { environment: { MODE: 'fast' } }, undefined, { environment_vars: { MODE: 'fast' } }],
  ])('%s', async (_what, until, call, entity) => {
    const started = await begin(
      { phase: 'load', ...(until ? { until } : {}) },
      {},
      {
        secret_scopes: [{ name: 's', keys: ['k'] }],
        steps: [
          { name: 'rain', does: 'It rains.', facts: ['it-rains'] },
          { name: 'return', does: 'The analyst comes back.', returns: [ANALYST] },
        ],
      },
    );
    expect(await deploy(served(2))).toBe('UPDATE_FAILED');
    // A read changes nothing, and time alone does not either.
    expect((await started.get('e')).body.pending_config.served_entities[0].state.deployment).toBe('DEPLOYMENT_FAILED');
    if (call) expect((await started.call(...call)).status).toBe(200);
    expect((await started.get('e')).body.state.config_update).toBe('UPDATE_FAILED');
    expect(await deploy(served(2, entity))).toBe('NOT_UPDATING');
  });

  it('and without such a need it fails each time', async () => {
    await begin({ phase: 'load' });
    expect(await deploy(served(2))).toBe('UPDATE_FAILED');
    expect(await deploy(served(2, { workload_size: 'Large' }))).toBe('UPDATE_FAILED');
  });
});

describe('a failure looks as the seed says', () => {
  it('bare lines of a build stand alone, and the events say how often it was tried', async () => {
    await begin({
      phase: 'build',
      bare: true,
      attempts: 2,
      log_lines: ['write /x: quota'],
      events: ['aborted: quota'],
    });
    await deploy(served(2));
    const log = await lines('build-logs', 2);
    expect(log.trimEnd().split('\n').at(-1)).toMatch(/^#12 [\d.]+ write \/x: quota$/);
    expect(log).not.toContain('CondaEnvException');
    const { events } = (await client?.call('GET', `${ENDPOINTS}/e/events`))?.body ?? {};
    const own = events.filter((event: { config_version: number }) => event.config_version === 2);
    const said = own.map(({ message }: { message: string }) => message);
    expect(said.filter((text: string) => text === 'Container image creation initiated')).toHaveLength(2);
    expect(said).toContain('aborted: quota');
  });

  it('a start that is given up writes its lines one by one, with their times', async () => {
    const log_lines = ['[{time}] first', '{log_time} second'];
    await begin(
      { phase: 'load', aborted: true, message: 'gave up', log_lines },
      { deploy_minutes: 20, build_minutes: 2 },
    );
    const started = client;
    await deploy(served(2), 9);
    expect(await lines('logs', 2)).toMatch(/\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000\] first\n$/);
    started?.minutes(9);
    expect(await lines('logs', 2)).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} second\n$/);
    started?.minutes(9);
    const entity = (await started?.get('e'))?.body.pending_config.served_entities[0];
    expect(entity.state).toEqual({ deployment: 'DEPLOYMENT_ABORTED', deployment_state_message: 'gave up' });
  });

  it('the build log shows the environment of the version', async () => {
    const environment = {
      python: '3.12.3',
      packages: ['torch==2.6.0', 'slow>=1'],
      build_lines: ['Looking in indexes: here'],
    };
    await begin({ phase: 'build', log_lines: ['ERROR: no'] }, { environment });
    await deploy(served(2));
    const log = await lines('build-logs', 2);
    for (const text of [
      '- python=3.12.3',
      '- torch==2.6.0',
      '- slow>=1',
      'Collecting slow>=1',
      'Looking in indexes: here',
    ])
      expect(log).toContain(text);
    expect(log).not.toContain('scikit-learn');
  });

  it('without a line, an aborted start has no log: no machine came', async () => {
    await begin({ phase: 'load', aborted: true });
    await deploy(served(2));
    expect(await lines('logs', 2)).toBe('');
  });
});

describe('a mishap', () => {
  const answer = { status: 503, body: { error_code: 'X', message: 'out' } };
  const endpoint = (mishap: object) => ({
    endpoints: [
      {
        name: 'e',
        created_minutes_ago: 500,
        config: { served_entities: [served(1)] },
        traffic: { requests_per_minute: 60 },
        mishaps: [{ share: 1, answer, ...mishap }],
      },
    ],
    steps: [{ name: 'repair', does: 'A person repairs it.', facts: ['repaired'] }],
  });
  const failed = async (minutes: number) => {
    const { rows } = (await client?.call('GET', `/sandbox/endpoints/e/history?minutes=${minutes}`))?.body ?? {};
    return rows.map(({ requests, errors_5xx }: Record<string, number>) => (errors_5xx ?? 0) / (requests ?? 1));
  };
  const ask = async () => (await client?.call('POST', '/serving-endpoints/e/invocations', ROW))?.status;

  it('ends with its cause, and the minutes before keep their failures', async () => {
    await begin(undefined, {}, endpoint({ until: { fact: 'repaired' }, log_lines: ['{time} pool is empty'] }));
    expect(await ask()).toBe(503);
    expect(await lines('logs', 1)).toBe(undefined);
    const log = (await client?.call('GET', `${ENDPOINTS}/e/served-entities/m-1/logs`))?.body.logs;
    expect(log).toContain('pool is empty');
    expect((await client?.call('POST', '/sandbox/steps/repair', {}))?.body).toMatchObject({ name: 'repair' });
    expect(await ask()).toBe(200);
    client?.minutes(10);
    const shares = await failed(20);
    expect(shares.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 1));
    expect(shares.slice(-8)).toEqual(Array.from({ length: 8 }, () => 0));
  });

  it('of a setting ends when the setting changes', async () => {
    const until = { setting: { path: 'ai_gateway.usage_tracking_config.enabled', in: [true] } };
    await begin(undefined, {}, endpoint({ until }));
    expect(await ask()).toBe(503);
    await client?.call('PUT', `${ENDPOINTS}/e/ai-gateway`, { usage_tracking_config: { enabled: true } });
    expect(await ask()).toBe(200);
  });

  it('of a size ends with a larger entity, and of another version never begins', async () => {
    await begin(undefined, {}, endpoint({ until: { workload_size: ['Medium'] }, match: { model: MODEL } }));
    expect(await ask()).toBe(503);
    expect(await deploy(served(1, { workload_size: 'Medium' }))).toBe('NOT_UPDATING');
    expect(await ask()).toBe(200);
  });

  it('of other clients spares the tester', async () => {
    await begin(undefined, {}, endpoint({ others: true, share: 0.5 }));
    expect(await ask()).toBe(200);
    client?.minutes(6);
    const [share] = await failed(5);
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.8);
  });

  it('of another version, or of an earlier time, does not matter', async () => {
    await begin(undefined, {}, endpoint({ match: { version: '2' } }));
    expect(await ask()).toBe(200);
  });
});

describe('places of an entity', () => {
  const busy = (requests_per_minute: number, workload_size: string): SeedParts => ({
    models: [{ full_name: MODEL, versions: [{ version: 1, status: 'READY', spec: SPEC, latency_ms: 1_000 }] }],
    endpoints: [
      { name: 'e', config: { served_entities: [served(1, { workload_size })] }, traffic: { requests_per_minute } },
    ],
  });
  const metrics = async () => {
    client?.minutes(2);
    const { text = '' } = (await client?.call('GET', `${ENDPOINTS}/e/metrics`)) ?? {};
    const value = (name: string) => Number(new RegExp(`^${name}\\{[^}]*\\} (\\S+)`, 'm').exec(text)?.[1]);
    return {
      refused: value('request_4xx_count_total') / value('request_count_total'),
      places: value('provisioned_concurrent_requests_total'),
      queue: value('model_queue_time_ms_sum') / value('model_queue_time_ms_count'),
    };
  };

  it.each<[string, number, string, { refused: [number, number]; places: number; waits: boolean }]>([
    ['are free', 60, 'Small', { refused: [0, 0], places: 4, waits: false }],
    ['are nearly taken: requests wait', 225, 'Small', { refused: [0, 0], places: 4, waits: true }],
    ['are too few: some requests are refused', 480, 'Small', { refused: [0.35, 0.65], places: 4, waits: true }],
    ['follow the load up to the size', 600, 'Medium', { refused: [0, 0], places: 12, waits: false }],
  ])('%s', async (_what, rate, size, { refused, places, waits }) => {
    await begin(undefined, {}, busy(rate, size));
    const seen = await metrics();
    expect(seen.refused).toBeGreaterThanOrEqual(refused[0]);
    expect(seen.refused).toBeLessThanOrEqual(refused[1]);
    expect(seen.places).toBe(places);
    expect(seen.queue > 100).toBe(waits);
  });

  it('that are taken are refused to a caller too, in the words of the service', async () => {
    await begin(undefined, {}, busy(9_000, 'Small'));
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => client?.call('POST', '/serving-endpoints/e/invocations', ROW)),
    );
    const refused = replies.filter((reply) => reply?.status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.body.message).toContain('Too many concurrent requests');
  });

  it('of all endpoints together have a quota, which frees itself with an endpoint', async () => {
    await begin(
      undefined,
      {},
      {
        limits: { provisioned_concurrency: 70 },
        endpoints: ['e', 'other'].map((name) => ({
          name,
          config: { served_entities: [served(1, { workload_size: name === 'e' ? 'Small' : 'Medium' })] },
        })),
      },
    );
    expect(await deploy(served(1, { workload_size: 'Large' }))).toBe('UPDATE_FAILED');
    const entity = (await client?.get('e'))?.body.pending_config.served_entities[0];
    expect(entity.state.deployment_state_message).toBe('Workspace exceeded provisioned concurrency quota');
    await client?.call('DELETE', `${ENDPOINTS}/other`);
    expect(await deploy(served(1, { workload_size: 'Large' }))).toBe('NOT_UPDATING');
  });
});

describe('steps of persons', () => {
  it('register a version, complete a registration, and change the callers', async () => {
    await begin(
      undefined,
      { status: 'PENDING_REGISTRATION' },
      {
        steps: [
          {
            name: 'log',
            does: 'The author logs version 3.',
            versions: [{ model: MODEL, version: { version: 3, status: 'READY', spec: SPEC } }],
            registered: [{ model: MODEL, version: 2 }],
            traffic: { e: { requests_per_minute: 120 } },
          },
        ],
      },
    );
    const status = async (version: number) =>
      (await client?.call('GET', `/api/2.1/unity-catalog/models/${MODEL}/versions/${version}`))?.body.status;
    expect(await status(2)).toBe('PENDING_REGISTRATION');
    const listed = (await client?.call('GET', '/sandbox/steps'))?.body.steps;
    expect(listed).toEqual([{ name: 'log', does: 'The author logs version 3.', done_at: null }]);
    expect((await client?.call('POST', '/sandbox/steps/log', {}))?.body.done_at).toEqual(expect.any(Number));
    expect([await status(2), await status(3)]).toEqual(['READY', 'READY']);
    client?.minutes(3);
    const { rows } = (await client?.call('GET', '/sandbox/endpoints/e/history?minutes=2'))?.body ?? {};
    expect(rows.length).toBeGreaterThan(0);
    await client?.call('POST', '/sandbox/reset', {});
    expect((await client?.call('GET', '/sandbox/steps'))?.body.steps[0].done_at).toBe(null);
    expect(await status(2)).toBe('PENDING_REGISTRATION');
  });

  it('are known by name, and need the token of the sandbox', async () => {
    await begin(undefined, {}, { steps: [{ name: 'pay', does: 'Someone pays.' }] });
    const lost = await client?.call('POST', '/sandbox/steps/pays', {});
    expect([lost?.status, lost?.body.message]).toEqual([404, "No step 'pays'. Steps: pay."]);
    expect((await client?.call('POST', '/sandbox/steps/pay', {}, ENGINEER))?.status).toBe(403);
    await client?.sandbox.close();
    await begin(undefined);
    expect((await client?.call('POST', '/sandbox/steps/pay', {}))?.body.message).toBe('This workspace has no steps.');
  });

  it.each<[string, SeedParts, RegExp]>([
    [
      'a model',
      { steps: [{ name: 's', does: 'x', registered: [{ model: 'a.b.c', version: 1 }] }] },
      /names the model 'a.b.c'/,
    ],
    [
      'an endpoint',
      { steps: [{ name: 's', does: 'x', traffic: { f: { requests_per_minute: 1 } } }] },
      /names the endpoint 'f'/,
    ],
    ['a principal', { steps: [{ name: 's', does: 'x', returns: ['f@example.com'] }] }, /names 'f@example.com'/],
    [
      'the same name twice',
      {
        steps: [
          { name: 's', does: 'x' },
          { name: 's', does: 'y' },
        ],
      },
      /is used twice/,
    ],
  ])('with %s that cannot be are refused', async (_what, parts, message) => {
    await expect(begin(undefined, {}, parts)).rejects.toThrow(message);
  });

  it('have a schema', () => {
    expect(() => parseSeed({ steps: [{ name: 'Not A Name', does: 'x' }] })).toThrow(/steps\[0\]\.name/);
    expect(() => parseSeed({ endpoints: [{ name: 'e', mishaps: [{ share: 2 }] }] })).toThrow(/mishaps\[0\]\.share/);
    expect(() => parseSeed({ endpoints: [{ name: 'e', mishaps: [{ share: 1, until: {} }] }] })).toThrow(/until/);
  });
});

it('calls that come once in a while find the entity asleep, and wait for it', async () => {
  await begin(
    undefined,
    {},
    {
      endpoints: [
        {
          name: 'e',
          config: { served_entities: [served(1, { scale_to_zero_enabled: true })] },
          idle_since_minutes_ago: 300,
          traffic: { requests_per_minute: 0.02 },
        },
      ],
    },
  );
  const entity = (await client?.get('e'))?.body.config.served_entities[0];
  expect(entity.state.deployment_state_message).toBe('Scaled to zero');
  const { rows } = (await client?.call('GET', '/sandbox/endpoints/e/history?minutes=1440'))?.body ?? {};
  expect(rows.length).toBeGreaterThan(5);
  for (const { p50_ms } of rows) expect(p50_ms).toBeGreaterThan(14_000);
});
