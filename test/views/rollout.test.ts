/** How the view of a rollout reads answers: of this version, of a newer one, cut short, and hostile. */
import { describe, expect, test } from 'vitest';
import { gateOf, scaleOf, toneOfGate } from '../../src/views/read/gate.ts';
import { rolloutOf } from '../../src/views/read/rollout.ts';
import { actionText, headline, toneOfRollout } from '../../src/views/read/rollout-words.ts';

const GATE = {
  gate: 'errors_5xx',
  canary: { requests: 1954, bad: 7, percent: 0.358 },
  baseline: { requests: 17289, bad: 0, percent: 0 },
  difference: 0.36,
  upper: 0.62,
  margin: 1,
  fail_margin: 1,
  verdict: 'pass',
  why: '5xx: 0.36 % against 0.00 %',
};
const ROW = {
  step: 1,
  percent: 5,
  from: '2026-01-05T09:03:50Z',
  minutes: 38,
  minutes_passed: 38,
  canary: { requests: 725, errors_5xx_percent: 0.14, p95_ms: 46 },
  baseline: { requests: 14478, errors_5xx_percent: 0, p95_ms: 47 },
  verdict: 'pass',
  gates: ['errors_5xx'],
};
const RUNNING = {
  state: 'running',
  now: '2026-01-05T09:54:52Z',
  id: 'r1',
  version: '3',
  canary: 'churn-3',
  baseline: 'churn-2',
  step: 2,
  steps: [5, 50, 100],
  percent: 50,
  gates: [GATE],
  report: [ROW],
  next_look: { decision: 'wait', at: '2026-01-05T09:56:52Z', requests: 410, requests_needed: 700, text: 'It goes on.' },
  watching: { this_server: true, text: 'this server may roll back' },
  actions: [{ name: 'hold', arguments: { endpoint: 'churn', version: '3', action: 'hold' } }],
  changes: [{ event: 'step', step: 1, percent: 5, at: '2026-01-05T09:03:50Z', by: 'pat' }],
};
const reading = (found: object) => rolloutOf({ endpoint: 'churn', guarded_rollout: { ...RUNNING, ...found } });

describe('guarded_rollout of get_metrics', () => {
  test('the steps before the current one are passed, those after it are to come', () => {
    expect(
      reading({})?.steps.map(({ percent, phase, minutes, requests }) => [percent, phase, minutes, requests]),
    ).toEqual([
      [5, 'passed', 38, 725],
      [50, 'current', undefined, undefined],
      [100, 'ahead', undefined, undefined],
    ]);
  });

  test('where it went back, no later step was reached, so none looks as if it were still to come', () => {
    const phases = reading({ state: 'rolled_back' })?.steps.map(({ phase }) => phase);
    expect(phases).toEqual(['passed', 'stopped', 'unreached']);
  });

  test('a step that a person went past has no measurement, and does not look as if it had passed', () => {
    const changes = [
      { event: 'step', step: 1 },
      { event: 'finish', step: 3 },
    ];
    const found = reading({ step: 3, changes });
    expect(found?.steps.map(({ phase }) => phase)).toEqual(['passed', 'skipped', 'current']);
  });

  test('a rollout that is deployed without traffic is before its first step', () => {
    const steps = reading({ step: 0, report: [] })?.steps.map(({ number, phase }) => [number, phase]);
    expect(steps).toEqual([
      [0, 'current'],
      [1, 'ahead'],
      [2, 'ahead'],
      [3, 'ahead'],
    ]);
    expect(reading({ step: 0, report: [], state: 'failed' })?.steps.map(({ phase }) => phase)).toEqual([
      'unreached',
      'unreached',
      'unreached',
    ]);
  });

  test('what another machine does not know stays unknown, and no zero takes its place', () => {
    const found = rolloutOf({
      endpoint: 'churn',
      guarded_rollout: { state: 'rolled_back', canary: 'churn-3', missing: ['the journal: this server keeps none'] },
    });
    expect(found).toMatchObject({ step: undefined, percent: undefined, steps: [], gates: [], plan: undefined });
    expect(found?.missing).toEqual(['the journal: this server keeps none']);
  });

  test('an end stops the readings, a state of a newer version does not', () => {
    for (const state of ['done', 'rolled_back', 'failed', 'undone', 'none'])
      expect(reading({ state })?.isOver).toBe(true);
    for (const state of ['running', 'held', 'deploying', 'paused_by_moon'])
      expect(reading({ state })?.isOver).toBe(false);
    expect(toneOfRollout('paused_by_moon')).toBe('plain');
  });

  test('only calls with arguments are offered, and an action of a newer version is none', () => {
    const actions = [...RUNNING.actions, { name: 'explode', arguments: {} }, { name: 'abort' }, 'hold', null];
    const found = reading({ actions });
    expect(found?.actions.map(({ name }) => name)).toEqual(['hold', 'explode']);
    expect(found && actionText('explode', found)).toBeUndefined();
    expect(found && actionText('constructor', found)).toBeUndefined();
    expect(found?.missing).toEqual(['actions: rows of a form that this view does not know']);
  });

  test('the reason comes with the state as it is', () => {
    const found = reading({ state: 'held_for_review', reason: 'it was held by hand' });
    expect(found && headline(found)).toBe('Held for review: it was held by hand');
  });
});

describe('hostile and broken answers', () => {
  test('fields of another type count as absent, and nothing throws', () => {
    const odd = [null, 7, 'x', [], {}, [null], ['x'], [[]], Number.NaN, true, '<img src=x onerror=alert(1)>'];
    for (const value of odd) {
      const fields = Object.fromEntries(Object.keys(RUNNING).map((key) => [key, value]));
      expect(() => rolloutOf({ guarded_rollout: { ...fields, state: 'running' }, endpoint: value })).not.toThrow();
      expect(() =>
        rolloutOf({ outcome: 'waiting', step: value, report: value, plan: value, alias: value }),
      ).not.toThrow();
      expect(() => rolloutOf({ guarded_rollout: value, outcome: value })).not.toThrow();
    }
  });

  test('a text stays the text that it is', () => {
    const evil = '</script><script>alert(1)</script>';
    expect(reading({ canary: evil, reason: evil })).toMatchObject({ canary: evil, reason: evil });
  });

  test('a plan of a million steps draws twenty', () => {
    expect(reading({ steps: Array.from({ length: 1e5 }, (_, at) => at) })?.steps).toHaveLength(20);
  });

  test('an answer without a rollout is none', () => {
    expect(rolloutOf({})).toBeUndefined();
    expect(rolloutOf({ endpoint: 'churn', as_of: '2026-01-05T09:54:00Z' })).toBeUndefined();
    expect(reading({ state: undefined })).toBeUndefined();
  });
});

describe('an answer of roll_out', () => {
  const report = [
    {
      percent: 5,
      minutes: 6,
      requests: 123,
      errors_5xx: '0 against 0 %',
      p95_ms: 45,
      p95_ratio: 0.96,
      verdict: 'pass',
    },
    { percent: 25, minutes: 2, requests: 175, errors_5xx: '1 against - %', verdict: 'fail (errors_5xx)' },
  ];

  test('the place in the plan comes from its words', () => {
    const found = rolloutOf({ endpoint: 'churn', outcome: 'waiting', step: '3 of 4 (50 %)', report });
    expect(found).toMatchObject({ state: 'waiting', step: 3, count: 4, percent: 50 });
    expect(found?.steps.map(({ percent, phase, verdict }) => [percent, phase, verdict])).toEqual([
      [5, 'passed', 'pass'],
      [25, 'passed', 'fail (errors_5xx)'],
      [50, 'current', undefined],
      [undefined, 'ahead', undefined],
    ]);
    expect(found?.steps[1]?.cells?.errors5xx).toBe('1 against - %');
  });

  test('where the plan is there, rows find their step by the percent, because a step without a reading has no row', () => {
    const found = rolloutOf({
      outcome: 'held',
      step: '3 of 3 (100 %)',
      plan: { steps: [5, 25, 100] },
      report: [report[1]],
    });
    expect(found?.steps.map(({ minutes }) => minutes)).toEqual([undefined, 2, undefined]);
  });

  test('a saved report has the version, and draws from guarded_rollout where it is there', () => {
    const saved = { outcome: 'rolled_back', endpoint: 'churn', version: '3', reason: 'worse', report };
    expect(rolloutOf(saved)).toMatchObject({ state: 'rolled_back', version: '3', isOver: true });
    const both = rolloutOf({ ...saved, guarded_rollout: { ...RUNNING, state: 'rolled_back' } });
    expect(both?.gates).toHaveLength(1);
  });

  test('a preview shows the plan, and no step of it has begun', () => {
    const found = rolloutOf({
      endpoint: 'churn',
      dry_run: true,
      plan: { steps: [50, 100], alias: 'champion' },
      forecast: 'seven minutes',
    });
    expect(found).toMatchObject({
      state: 'preview',
      isOver: false,
      extras: ['seven minutes'],
      alias: 'champion moves at the end',
    });
    expect(found?.steps.map(({ phase }) => phase)).toEqual(['ahead', 'ahead']);
    expect(rolloutOf({ endpoint: 'churn', dry_run: true, changes: [] })).toBeUndefined();
  });

  test('a report of a command that failed says why', () => {
    const error = { code: 'x', message: 'the plan is wrong', next: 'Correct it.' };
    const found = rolloutOf({ outcome: 'invalid', endpoint: 'churn', error });
    expect(found && headline(found)).toBe('Invalid: the plan is wrong');
    expect(found?.failure?.next).toBe('Correct it.');
  });

  test('the version comes from the call that the answer names', () => {
    const next = 'roll_out {"endpoint":"churn","version":"3"}';
    expect(rolloutOf({ outcome: 'waiting', next })?.version).toBe('3');
    expect(rolloutOf({ outcome: 'waiting', next: 'Ask the user.' })?.version).toBeUndefined();
  });
});

describe('a gate', () => {
  test('the scale has zero, both margins and the bound, in their order', () => {
    const scale = scaleOf(gateOf({ ...GATE, fail_margin: 0.5 }));
    const places = [0, 0.36, 0.5, 0.62, 1].map((value) => scale?.at(value) ?? Number.NaN);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(Math.max(...places)).toBeLessThan(100);
  });

  test('a canary that is better lies left of zero', () => {
    const scale = scaleOf(gateOf({ ...GATE, difference: -2 }));
    expect(scale?.at(-2)).toBeLessThan(scale?.at(0) ?? 0);
  });

  test('a scale on which all is equal has a width', () => {
    const scale = scaleOf(gateOf({ gate: 'x', difference: 0 }));
    expect(scale?.at(0)).toBeCloseTo(50);
  });

  test('without a difference there is no scale', () => {
    expect(scaleOf(gateOf({ gate: 'saturation', verdict: 'pass' }))).toBeUndefined();
  });

  test('a gate and a verdict of a newer version are shown as they are', () => {
    expect(gateOf({ gate: 'gpu_memory', verdict: 'maybe' })).toMatchObject({ title: 'gpu memory', verdict: 'maybe' });
    expect(toneOfGate('maybe')).toBe('plain');
    expect(toneOfGate('inconclusive (latency)')).toBe('warn');
  });
});
