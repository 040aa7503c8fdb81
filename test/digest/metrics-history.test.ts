/** No public source shows the form of this answer. These are the ones in which such values are commonly written. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countsOf, digest } from '../../src/digest/metrics.ts';
import { readHistory } from '../../src/digest/metrics-history.ts';

const MINUTE = 60_000;
const TO = Date.parse('2026-09-06T16:00:00Z');
const ASKED = { from: TO - 60 * MINUTE, to: TO };
const ago = (minutes: number) => TO - minutes * MINUTE;
const iso = (time: number) => new Date(time).toISOString();
const read = (value: unknown) => readHistory(typeof value === 'string' ? value : JSON.stringify(value), ASKED);

/** Requests of the last three minutes: 30, 20, 10. */
const COUNTS = [3, 2, 1];
const point = (minutes: number) => ({ timestamp: ago(minutes), value: 10 * minutes });
const FORMS: [string, unknown][] = [
  ['a list of points by name', { request_count_total: COUNTS.map(point) }],
  ['series with points', { metrics: [{ name: 'request_count_total', data_points: COUNTS.map(point) }] }],
  [
    'series with labels, in seconds',
    {
      series: [
        {
          metric_name: 'request_count_total',
          labels: { served_entity_name: 'a' },
          values: COUNTS.map((at) => [ago(at) / 1000, 10 * at]),
        },
      ],
    },
  ],
  [
    'a matrix as Prometheus answers, with numbers as text',
    {
      status: 'success',
      data: {
        resultType: 'matrix',
        result: [
          {
            metric: { __name__: 'request_count_total', e: 'a' },
            values: COUNTS.map((at) => [ago(at) / 1000, String(10 * at)]),
          },
        ],
      },
    },
  ],
  ['columns', { timestamps: COUNTS.map(ago), request_count_total: COUNTS.map((at) => 10 * at) }],
  [
    'columns in a member',
    { timestamps: COUNTS.map((at) => iso(ago(at))), metrics: { REQUEST_COUNT_TOTAL: COUNTS.map((at) => 10 * at) } },
  ],
  [
    'columns of each series',
    [{ name: 'request_count_total', timestamps: COUNTS.map(ago), values: COUNTS.map((at) => 10 * at) }],
  ],
  [
    'moments with a number for each name',
    { history: COUNTS.map((at) => ({ time: iso(ago(at)), metrics: { request_count_total: 10 * at } })) },
  ],
  [
    'moments with the text of that minute',
    { data: COUNTS.map((at) => ({ timestamp: ago(at), metrics: `# TYPE x\nrequest_count_total{e="a"} ${10 * at}` })) },
  ],
  ['the text of all minutes', COUNTS.map((at) => `request_count_total ${10 * at} ${ago(at)}`).join('\n')],
  ['names with a prefix', { 'databricks.model_serving.request_count_total': COUNTS.map(point) }],
];

describe('a history of metrics', () => {
  it.each(FORMS)('is read from %s', (_form, value) => {
    const found = read(value);
    if ('why' in found) throw new Error(found.why);
    expect(found.readings.map(({ at, samples }) => [(TO - at) / MINUTE, countsOf(samples).requests])).toEqual(
      COUNTS.map((at) => [at, 10 * at]),
    );
    expect(found.notes).toEqual([]);
  });

  it('keeps the entities apart, and the bounds of buckets', () => {
    const buckets = [5, 100].map((le) => ({
      name: 'request_latency_ms_bucket',
      le,
      served_entity_name: 'a',
      timestamp: ago(1),
      value: le,
    }));
    const counts = ['a', 'b'].map((name) => ({ name, metrics: { request_count_total: [point(1)] } }));
    const found = read({ counts, buckets });
    if ('why' in found) throw new Error(found.why);
    const samples = found.readings[0]?.samples ?? [];
    expect(samples.map(({ labels }) => labels)).toEqual([
      { name: 'a' },
      { name: 'b' },
      { le: '5', served_entity_name: 'a' },
      { le: '100', served_entity_name: 'a' },
    ]);
    expect(digest(samples)).toMatchObject({ requests: 20, p95_ms: 95 });
  });

  it('with several values a minute has the latest of each', () => {
    const points = [0, 20, 40].map((second) => ({ timestamp: ago(2) + second * 1_000, value: second }));
    expect(read({ request_count_total: points })).toMatchObject({ readings: [{ samples: [{ value: 40 }] }] });
  });

  it('with a value every five minutes says so: it is not known whether that is a sum', () => {
    const found = read({ request_count_total: [20, 15, 10, 5].map(point) });
    expect(found).toMatchObject({ notes: ['metrics-history has a value every 5 minutes; each counts as one minute'] });
  });

  it.each<[string, unknown, RegExp]>([
    ['an empty object', {}, /does not know \(an empty object\)$/],
    ['other fields', { rows: [1], page: 'x' }, /does not know \(fields rows, page\)$/],
    ['a page', '<!doctype html><p>Sign in', /no JSON/],
    ['names that no answer uses', { p95: COUNTS.map(point) }, /does not know \(fields p95\)$/],
    ['totals without a time', { request_count_total: 50 }, /does not know/],
    [
      'values of another day',
      { request_count_total: [{ timestamp: TO - 86_400_000, value: 1 }] },
      /without values of these minutes$/,
    ],
    ['too much nesting', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, /nested too deep$/],
  ])('in %s is not understood, with the reason', (_form, value, why) => {
    expect(read(value)).toEqual({ why: expect.stringMatching(why) });
  });

  it('is never more than the answer has, whatever the answer is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const found = readHistory(text, ASKED);
        return (
          'why' in found ||
          found.readings.every(({ at, samples }) => at > ASKED.from - 3 * MINUTE && samples.length > 0)
        );
      }),
    );
  });
});
