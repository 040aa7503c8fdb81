/** What the reports make of rows. */
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../src/rest/endpoints.ts';
import { costsOf, costView, idleOf, totalCost } from '../../src/usage/cost.ts';
import { failedCounts, failedView, payloadTable } from '../../src/usage/failed-requests.ts';
import { releasesOf, releaseView } from '../../src/usage/releases.ts';
import { missingColumns, type Row, rowsOf, timeIn } from '../../src/usage/table.ts';
import { byStatus, lastRequests, totalOf, trafficRows, trafficView } from '../../src/usage/traffic.ts';

const row = (fields: Record<string, string | null>): Row => new Map(Object.entries(fields));
const at = (text: string) => Date.parse(text);

describe('rows', () => {
  const table = { columns: [{ name: 'A', type: '' }], rows: [['1']], truncated: false };

  it('are read by the names of the result, and a missing column is no zero', () => {
    expect(rowsOf(table, ['a'])).toEqual({ rows: [new Map([['a', '1']])] });
    expect(rowsOf(table, ['a', 'b'])).toEqual({ missing: ['b'] });
  });

  it.each<[text: string, time: string | undefined]>([
    ['2026-03-01T10:00:00.000Z', '2026-03-01T10:00:00Z'],
    ['2026-03-01 10:00:00', '2026-03-01T10:00:00Z'],
    ['2026-03-01T10:00:00+02:00', '2026-03-01T08:00:00Z'],
    ['2026-03-01', '2026-03-01T00:00:00Z'],
    ['1772359200000', undefined],
    ['soon', undefined],
  ])('have times: %s', (text, time) => {
    expect(timeIn(row({ t: text }), 't')).toBe(time === undefined ? undefined : at(time));
  });

  it('lack a column or a field of it', () => {
    const columns = [
      { name: 'pricing', type: 'STRUCT<default: DECIMAL, effective_list: STRUCT<default: DECIMAL>>' },
      { name: 'plain', type: 'STRUCT' },
    ];
    const needs = ['pricing.effective_list.default', 'pricing.effective_list.promo', 'plain.x', 'none'];
    expect(missingColumns({ columns, rows: [], truncated: false }, needs)).toEqual([
      'pricing.effective_list.promo',
      'none',
    ]);
  });
});

describe('traffic', () => {
  const rows = [
    row({
      day: '2026-03-02',
      requests: '10',
      ok: '6',
      limited: '2',
      client_errors: '1',
      server_errors: '1',
      input_tokens: '70',
      output_tokens: null,
      streamed: '5',
      last_request: '2026-03-02T10:00:00Z',
    }),
    row({ day: '2026-03-01', requests: '4', ok: '3', last_request: '2026-03-01T10:00:00Z' }),
  ];

  it('counts 429 apart from other 4xx, and statuses outside all classes', () => {
    expect(trafficView(totalOf(rows), true)).toEqual({
      requests: 14,
      ok: 9,
      limited_429: 2,
      other_4xx: 1,
      errors_5xx: 1,
      other_status: 1,
      input_tokens: 70,
      output_tokens: undefined,
      streaming_percent: 35.7,
      last_request: '2026-03-02T10:00:00Z',
    });
  });

  it('has its days in order, and other groups by size', () => {
    expect(trafficRows(rows, 'day').map(({ day }) => day)).toEqual(['2026-03-01', '2026-03-02']);
    const named = [row({ requester: null, requests: '2' }), row({ requester: 'a@example.com', requests: '1' })];
    expect(trafficRows(named, 'requester').map(({ requester }) => requester)).toEqual(['not named', 'a@example.com']);
  });

  it('by status has numbers, for rules', () => {
    const found = byStatus([
      row({ status: '429', requests: '3' }),
      row({ status: null, requests: '9' }),
      row({ status: '200', requests: '5' }),
    ]);
    expect([...found]).toEqual([
      [429, 3],
      [200, 5],
    ]);
  });

  it('of no rows is zero', () => {
    expect(trafficView(totalOf([]), true)).toMatchObject({ requests: 0, limited_429: 0, last_request: undefined });
  });

  it('has last requests only of endpoints with a name and a time', () => {
    const known = row({ endpoint: 'churn', endpoint_id: null, last_request: '2026-03-01T10:00:00Z' });
    expect(lastRequests([known, row({ endpoint: null }), row({ endpoint: 'x', last_request: null })])).toEqual([
      { id: undefined, endpoint: 'churn', at: at('2026-03-01T10:00:00Z') },
    ]);
  });
});

describe('cost', () => {
  const rows = [
    row({
      endpoint: 'churn',
      currency: 'USD',
      usage_type: 'COMPUTE_TIME',
      quantity: '100',
      cost: '7.004',
      waking_cost: '1',
    }),
    row({ endpoint: 'churn', currency: 'USD', usage_type: 'TOKEN', quantity: '10', cost: '-0.5', waking_cost: '0' }),
    row({ endpoint: 'chat', currency: 'USD', usage_type: 'TOKEN', quantity: '9', cost: '20', waking_cost: '0' }),
    row({ endpoint: 'new', currency: null, usage_type: null, quantity: '5', cost: null, unpriced: '5' }),
  ];
  const [main] = costsOf(rows, 'endpoint');

  it('is the sum of all rows of an endpoint, corrections included, the dearest first', () => {
    expect(main?.currency).toBe('USD');
    expect(main?.costs.map(({ label, cost }) => [label, cost])).toEqual([
      ['chat', 20],
      ['churn', 6.504],
      ['new', 0],
    ]);
  });

  it('shows kinds, waking and what has no price', () => {
    const total = totalCost(main?.costs ?? []);
    expect(costView(total, 'total')).toEqual({
      list_cost: 26.5,
      waking_cost: 1,
      units: 124,
      units_without_price: 5,
      by_kind: { compute_time: 7, token: 19.5, other: 0 },
      last_usage: undefined,
    });
  });

  it('of several currencies is never added', () => {
    const two = costsOf([...rows, row({ endpoint: 'churn', currency: 'EUR', cost: '3', quantity: '1' })], 'endpoint');
    expect(two.map(({ currency, costs }) => [currency, costs.length])).toEqual([
      ['USD', 3],
      ['EUR', 1],
    ]);
  });

  it('without requests is idle, but only where the usage table has rows of the endpoint', () => {
    const last = [
      { id: 'a', endpoint: 'churn', at: 50 },
      { id: 'b', endpoint: 'churn', at: 90 },
      { id: 'c', endpoint: 'busy', at: 150 },
    ];
    const costs = [
      ...(main?.costs ?? []),
      ...(main?.costs ?? []).slice(0, 1).map((each) => ({ ...each, label: 'busy' })),
    ];
    expect(idleOf(costs, last, 100)).toEqual({
      idle: [{ endpoint: 'churn', cost: 6.5, last: 90 }],
      unknown: ['chat'],
    });
  });

  it('that ended is no longer a cost without requests, such as that of a stopped endpoint', () => {
    const [one] = main?.costs ?? [];
    const costs = one === undefined ? [] : [{ ...one, label: 'churn', last: 95 }];
    expect(idleOf(costs, [{ id: 'a', endpoint: 'churn', at: 50 }], 100).idle).toEqual([]);
    expect(idleOf(costs, [{ id: 'a', endpoint: 'churn', at: 50 }], 90).idle).toHaveLength(1);
  });
});

describe('releases', () => {
  const version = (config: string, entity: string, more: Record<string, string | null> = {}) =>
    row({
      endpoint: 'churn',
      endpoint_key: 'id1',
      config_version: config,
      started: `2026-03-0${config}T10:00:00Z`,
      ended: null,
      deleted: null,
      created_by: 'admin@example.com',
      entity,
      entity_type: 'CUSTOM_MODEL',
      model: 'ml.prod.churn',
      version: config,
      ...more,
    });

  it('are config versions with their entities, the newest first', () => {
    const found = releasesOf([
      version('1', 'churn-1', { ended: '2026-03-02T10:00:00Z' }),
      version('2', 'churn-2'),
      version('2', 'other', { created_by: 'bot', entity_type: 'EXTERNAL_MODEL', model: 'gpt-5', version: null }),
      version('2', 'churn-2'),
    ]);
    expect(found.map((each) => releaseView(each, false))).toEqual([
      {
        endpoint: undefined,
        config_version: 2,
        from: '2026-03-02T10:00:00Z',
        until: undefined,
        by: 'admin@example.com, bot',
        deleted: undefined,
        entities: ['churn-2 (ml.prod.churn 2)', 'other (gpt-5) external_model'],
      },
      {
        endpoint: undefined,
        config_version: 1,
        from: '2026-03-01T10:00:00Z',
        until: '2026-03-02T10:00:00Z',
        by: 'admin@example.com',
        deleted: undefined,
        entities: ['churn-1 (ml.prod.churn 1)'],
      },
    ]);
  });

  it('end when their endpoint was deleted', () => {
    const [only] = releasesOf([version('1', 'churn-1', { deleted: '2026-03-05T10:00:00Z' })]);
    expect(only).toMatchObject({ until: at('2026-03-05T10:00:00Z'), deleted: at('2026-03-05T10:00:00Z') });
  });

  it.each([
    ['FOUNDATION_MODEL', 'claude', true],
    ['FOUNDATION_MODEL', 'id1', false],
    ['CUSTOM_MODEL', 'claude', false],
  ])('%s with the key %s: of the platform is %s', (entity_type, endpoint_key, platform) => {
    const [only] = releasesOf([version('1', 'a', { endpoint: 'claude', entity_type, endpoint_key })]);
    expect(only?.platform).toBe(platform);
  });

  it('of two endpoints with one name, such as a deleted one, are apart', () => {
    expect(releasesOf([version('1', 'a'), version('1', 'a', { endpoint_key: 'id2' })])).toHaveLength(2);
  });
});

describe('failed requests', () => {
  const endpoint = (more: Record<string, unknown>) => ({ name: 'churn', state: {}, ...more }) as Endpoint;
  const gateway = (more: Record<string, unknown>) => ({
    ai_gateway: { inference_table_config: { catalog_name: 'ml', schema_name: 'observe', ...more } },
  });

  it.each<[what: string, settings: Record<string, unknown>, table: string | undefined, off?: boolean]>([
    ['of the gateway', gateway({ enabled: true, table_name_prefix: 'x' }), 'ml.observe.x_payload'],
    ['without a prefix', gateway({ enabled: true }), 'ml.observe.churn_payload'],
    ['that is off', gateway({ enabled: false }), 'ml.observe.churn_payload', true],
    [
      'of telemetry',
      { telemetry_config: { inference_table_config: { name: 'ml.observe.logs_payload' } } },
      'ml.observe.logs_payload',
    ],
    [
      'of telemetry before one that is off',
      { ...gateway({ enabled: false }), telemetry_config: { inference_table_config: { name: 'a.b.c' } } },
      'a.b.c',
    ],
    [
      'of the older kind',
      { config: { auto_capture_config: { catalog_name: 'a', schema_name: 'b' } } },
      'a.b.churn_payload',
    ],
    ['of a name in four parts', { telemetry_config: { inference_table_config: { name: 'a.b.c.d' } } }, undefined],
    ['of none', {}, undefined],
  ])('are in the table %s', (_what, settings, table, off = false) => {
    const found = payloadTable(endpoint(settings));
    expect(found?.table.join('.')).toBe(table);
    if (table !== undefined) expect(found?.off).toBe(off);
  });

  it('have bodies that are redacted before they are cut', () => {
    const secret = `dapi${'0123456789abcdef'.repeat(2)}`;
    const filler = 'x '.repeat(215);
    const view = failedView(
      row({
        at: '2026-03-01T10:00:00Z',
        status: '400',
        request: `${filler}${secret} ${'y'.repeat(900)}`,
        request_length: '9000',
        response: '{"error":"no"}',
        response_length: '14',
        duration_ms: '12.5',
        absent_because: '[]',
      }),
    );
    expect(view).toMatchObject({
      at: '2026-03-01T10:00:00Z',
      status: 400,
      duration_ms: 12.5,
      response: '{"error":"no"}',
    });
    expect(JSON.stringify(view)).not.toContain(secret.slice(0, 12));
    expect(view.request).toMatch(/\(9000 characters in all\)$/);
    expect(String(view.request).length).toBeLessThan(500);
    expect(view.body_absent).toBeUndefined();
  });

  it('say why a body is absent', () => {
    const view = failedView(row({ status: '500', request: null, absent_because: '["MAX_REQUEST_SIZE_EXCEEDED"]' }));
    expect(view).toMatchObject({ request: undefined, body_absent: 'the request was too large to log' });
  });

  it('of older tables have their time in milliseconds', () => {
    expect(failedView(row({ at: '1772359200000', status: '500' })).at).toBe('2026-03-01T10:00:00Z');
  });

  it('are counted by status', () => {
    expect(failedCounts([row({ status: '429', requests: '3' }), row({ status: '500', requests: '1' })])).toEqual({
      429: 3,
      500: 1,
    });
  });
});
