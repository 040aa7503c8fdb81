/** The readers of the views take any answer: cut short, of a newer form, or hostile. None of them throws, and none makes a number up. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Data } from '../../src/views/host/host.ts';
import { outcomeOf, previewOf } from '../../src/views/read/asked.ts';
import { changesOf } from '../../src/views/read/changes.ts';
import { diagnosisOf, sweepOf } from '../../src/views/read/diagnosis.ts';
import { endpointOf } from '../../src/views/read/endpoint.ts';
import { failureOf } from '../../src/views/read/failure.ts';
import { numberOf, rowsOf, timeOf, unreadIn, wordOf } from '../../src/views/read/fields.ts';
import { metricsOf } from '../../src/views/read/metrics.ts';
import { recognise, viewOf } from '../../src/views/read/recognise.ts';
import { rolloutOf } from '../../src/views/read/rollout.ts';
import { usageOf } from '../../src/views/read/usage.ts';
import { warehousesIn } from '../../src/views/read/usage-wish.ts';
import { matching, pageOf, sorted, useIn } from '../../src/views/read/workspace.ts';

/** The names of fields that the readers look at, so that a random answer reaches their inner parts. */
const FIELDS = [
  ...['endpoint', 'model_service', 'status', 'serving', 'not_serving', 'destinations', 'pending', 'pending_update'],
  ...['failed_update', 'cancelled_update', 'entities', 'gateway', 'rate_limits', 'tags', 'problems', 'note', 'entity'],
  ...['serves', 'traffic_percent', 'deployment', 'message', 'min_concurrency', 'series', 'start', 'step_seconds'],
  ...[
    'requests',
    'errors_5xx',
    'p95_ms',
    'total',
    'comparison',
    'within_chance',
    'missing',
    'notes',
    'as_of',
    'verdict',
  ],
  ...['findings', 'evidence', 'remedy', 'timeline', 'not_checked', 'omitted_findings', 'judged', 'endpoints', 'fine'],
  ...['not_judged', 'without_sentence', 'next_cursor', 'changes', 'fields', 'steps', 'outcome', 'report', 'error'],
  ...[
    'needs_consent',
    'preview',
    'fingerprint',
    'would_be_refused',
    'warnings',
    'name',
    'text',
    'at',
    'what',
    'api_types',
  ],
];
/** Those of a rollout and of usage. */
const MORE = [
  ...[
    'guarded_rollout',
    'gates',
    'gate',
    'canary',
    'baseline',
    'difference',
    'upper',
    'margin',
    'plan',
    'alias',
    'probes',
    'measured',
  ],
  ...[
    'next_look',
    'watching',
    'actions',
    'arguments',
    'step',
    'percent',
    'minutes',
    'rows',
    'releases',
    'idle',
    'destinations',
  ],
  ...['by', 'day', 'since', 'until', 'list_cost', 'not_tracked', 'warehouse', 'warehouses', 'running', 'id', 'state'],
];
const VALUES = fc.oneof(
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    1e308,
    '',
    'ready',
    'day',
    '2026-01-05',
    '2026-01-05T09:00:00Z',
    '__proto__',
    '<img src=x onerror=alert(1)>',
  ),
  fc.string(),
  fc.double(),
);
const { answer } = fc.letrec<{ answer: Data; value: unknown }>((tie) => ({
  answer: fc.dictionary(fc.oneof(fc.constantFrom(...FIELDS, ...MORE), fc.string()), tie('value'), { maxKeys: 12 }),
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    VALUES,
    fc.array(tie('value'), { maxLength: 4 }),
    tie('answer'),
  ),
}));

const READERS: [string, (data: Data) => unknown][] = [
  ['endpointOf', endpointOf],
  ['metricsOf', metricsOf],
  ['diagnosisOf', diagnosisOf],
  ['sweepOf', sweepOf],
  ['changesOf', changesOf],
  ['pageOf', (data) => sorted(matching(pageOf(data).rows, 'ready x', undefined), 'requests')],
  ['useIn', useIn],
  ['failureOf', failureOf],
  ['previewOf', (data) => previewOf({ tool: undefined, args: {}, data, failed: false, at: 0 }, {}, 'It ends.')],
  ['outcomeOf', (data) => outcomeOf({ tool: undefined, args: {}, data, failed: false, at: 0 }, {})],
  ['rolloutOf', rolloutOf],
  ['rolloutOf a reading', (data) => rolloutOf({ guarded_rollout: { state: 'running', ...data } })],
  ['usageOf', (data) => usageOf({ report: 'traffic', ...data })],
  ['warehousesIn', warehousesIn],
  ['viewOf', (data) => viewOf(recognise(data) ?? 'get_endpoint', data)],
];

describe('a reader of any answer', () => {
  it.each(READERS)('%s never throws, and never shows what is no number as one', (_name, read) => {
    fc.assert(
      fc.property(answer, (data) => {
        const shown = read(data);
        JSON.stringify(shown, (_key, value: unknown) => {
          if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
          return value;
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe('a field', () => {
  it('is a number only when the answer has one: nothing is guessed from a text', () => {
    expect(['5', '', null, Number.NaN, Number.POSITIVE_INFINITY, [5], { 0: 5 }, true].map(numberOf)).toEqual(
      new Array(8).fill(undefined),
    );
    expect([0, -1.5].map(numberOf)).toEqual([0, -1.5]);
  });

  it('is a time only in the form that the tools write', () => {
    expect(timeOf('2026-01-05T09:00:00Z')).toBe(Date.UTC(2026, 0, 5, 9));
    expect(['2026', 'yesterday', '2026-13-45T99:00:00Z', 5, null].map(timeOf)).toEqual(new Array(5).fill(undefined));
  });

  it('of a list counts what could not be read', () => {
    expect(rowsOf([{ a: 1 }, 'text', null, [1]])).toEqual([{ a: 1 }]);
    expect(unreadIn([{ a: 1 }, 'text', null, [1]])).toBe(3);
    expect(unreadIn('no list')).toBe(1);
    expect(unreadIn(undefined)).toBe(0);
  });

  it('that became a number or a boolean is still a word', () => {
    expect([3, true, 'x', '', {}, null].map(wordOf)).toEqual(['3', 'true', 'x', undefined, undefined, undefined]);
  });
});
