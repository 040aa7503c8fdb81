/** What the views read from the real answers of the tools, and how they say what is missing. */
import { describe, expect, it } from 'vitest';
import { outcomeOf, previewOf } from '../../src/views/read/asked.ts';
import { changesOf } from '../../src/views/read/changes.ts';
import { diagnosisOf, sweepOf } from '../../src/views/read/diagnosis.ts';
import { endpointOf } from '../../src/views/read/endpoint.ts';
import { metricsOf } from '../../src/views/read/metrics.ts';
import { type DrawnTool, recognise, viewOf } from '../../src/views/read/recognise.ts';
import { toneOfDeployment, toneOfSeverity, toneOfStatus, toneOfVerdict } from '../../src/views/read/state.ts';
import { groupOf, matching, pageOf, sorted, useIn, withRequests } from '../../src/views/read/workspace.ts';
import { start } from '../support/harness.ts';
import { MINUTE, playOn, rolloutSeed, WISH } from '../support/rollout-site.ts';

const answer = (data: Record<string, unknown>, failed = false) => ({ tool: undefined, args: {}, data, failed, at: 0 });

describe('an answer of a running server', () => {
  it('is recognised by its fields, and drawn by the view of its tool', async () => {
    const h = await start(rolloutSeed());
    try {
      const seen: [DrawnTool, Record<string, unknown>, string][] = [
        ['list_endpoints', {}, 'workspace'],
        ['get_endpoint', { endpoint: 'churn' }, 'endpoint'],
        ['get_metrics', { endpoint: 'churn' }, 'endpoint'],
        ['diagnose_endpoint', { endpoint: 'churn' }, 'endpoint'],
        ['diagnose_endpoint', {}, 'workspace'],
        ['roll_out', WISH, 'rollout'],
      ];
      for (const [tool, args, view] of seen) {
        const { data, isError } = await h.call(tool, args);
        expect([tool, isError, recognise(data)]).toEqual([tool, false, tool]);
        expect(viewOf(tool, data)).toBe(view);
      }
      const changes = (await h.call('list_changes', { endpoint: 'churn' })).data;
      expect(recognise(changes)).toBe(undefined);
      expect(changesOf(changes).happenings).toEqual([
        { at: expect.any(Number), what: expect.stringMatching(/^roll out/), by: undefined },
      ]);
    } finally {
      await h.close();
    }
  });

  it('of get_usage is recognised by its report', async () => {
    const h = await start({ at: Date.UTC(2026, 0, 5, 9), warehouse: 'Serverless Starter Warehouse' });
    try {
      for (const report of ['traffic', 'cost', 'releases']) {
        const { data } = await h.call('get_usage', { report });
        expect([report, recognise(data), viewOf('get_usage', data)]).toEqual([report, 'get_usage', 'usage']);
      }
    } finally {
      await h.close();
    }
  });

  it('of a split endpoint has each entity with its own numbers, and gaps stay gaps', async () => {
    const h = await start(rolloutSeed());
    try {
      await playOn(h, WISH, (data) => String(data.step).startsWith('1'));
      await h.pass(2 * MINUTE);
      const { data } = await h.call('get_metrics', { endpoint: 'churn', minutes: 30, detail: 'entities' });
      const { total, entities, series, missing } = metricsOf(data);
      expect(entities.map(({ name, percent }) => [name, percent])).toEqual([
        ['churn-2', 50],
        ['churn-3', 50],
      ]);
      expect(total.requests).toBe(data.total.requests);
      expect(series?.requests).toHaveLength(30);
      expect(series?.requests).toContain(null);
      for (const each of entities)
        expect(each.series?.requests).toEqual(
          data.entities.find((row: { entity: string }) => row.entity === each.name).series.requests,
        );
      expect(missing.join()).toMatch(/of 30 minutes/);
      const shown = endpointOf((await h.call('get_endpoint', { endpoint: 'churn' })).data);
      expect(shown).toMatchObject({ name: 'churn', status: 'ready', serves: true, unread: 0 });
      expect(shown.rollout).toMatch(/version 3 at step 1/);
    } finally {
      await h.close();
    }
  });
});

describe('an endpoint', () => {
  it('shows a failed update with its cause, and that the old config serves', () => {
    const shown = endpointOf({
      endpoint: 'claims',
      status: 'ready, last update failed',
      serving: [{ entity: 'claims-6', serves: 'a.b.claims 6', traffic_percent: 100, deployment: 'ready' }],
      failed_update: {
        started_by: 'ann@example.com',
        config_version: 2,
        entities: [{ entity: 'claims-7', deployment: 'failed', message: "No module named 'x'", remedy: 'Add it.' }],
      },
      gateway: { rate_limits: ['endpoint: 120 calls per minute'] },
      tags: { team: 'shop', empty: '' },
    });
    expect(shown).toMatchObject({ serves: true, limits: ['endpoint: 120 calls per minute'] });
    expect(shown.failed).toMatchObject({ text: 'config version 2, begun by ann@example.com', cancelled: false });
    expect(shown.failed?.entities[0]).toMatchObject({
      name: 'claims-7',
      message: "No module named 'x'",
      remedy: 'Add it.',
    });
    expect(shown.facts).toContainEqual(['Tags', 'team: shop, empty']);
  });

  it('that serves nothing is not shown as serving', () => {
    expect(endpointOf({ endpoint: 'x', not_serving: [{ entity: 'x-1', traffic_percent: 100 }] }).serves).toBe(false);
  });

  it('of a newer form says how many entries could not be read', () => {
    expect(endpointOf({ endpoint: 'x', serving: ['x-1', { entity: 'x-2' }], pending: 'soon' }).unread).toBe(2);
  });

  it('has no share where the answer has none, rather than 0 %', () => {
    expect(
      endpointOf({ endpoint: 'x', serving: [{ entity: 'x-1', traffic_percent: '50' }] }).entities[0]?.percent,
    ).toBe(undefined);
  });
});

describe('a diagnosis', () => {
  it('cut short says what the answer left out', () => {
    const { missing } = diagnosisOf({
      endpoint: 'x',
      findings: [{}, 'text'],
      omitted_findings: 3,
      omitted_not_checked: 1,
    });
    expect(missing).toEqual([
      '3 more findings are not in this answer.',
      '1 more things were not checked.',
      '1 entries have a form that this view does not know.',
    ]);
  });

  it('of all endpoints keeps those without a sentence, by name', () => {
    const sweep = sweepOf({
      judged: 60,
      need_a_person: 3,
      endpoints: [{ endpoint: 'a', verdict: 'failing', finding: 'It fails.' }],
      without_sentence: [{ verdict: 'degraded', code: 'cpu_full', count: 2, endpoints: ['b', 'c'] }],
      fine: { healthy: 57, idle: 'many' },
      next_cursor: 'c',
    });
    expect(sweep.urgent.map(({ endpoint, verdict }) => [endpoint, verdict])).toEqual([
      ['a', 'failing'],
      ['b', 'degraded'],
      ['c', 'degraded'],
    ]);
    expect(sweep.fine).toEqual([['healthy', 57]]);
  });
});

describe('the rows of the workspace', () => {
  const { rows } = pageOf({
    endpoints: [
      { name: 'b', status: 'ready', serves: 'ml.prod.b 1', last_change: '2026-01-02T00:00:00Z' },
      { name: 'a', status: 'failed' },
      { name: 'c', status: 'updating', serves: 'ml.prod.b 2' },
      { name: 'd', status: 'hibernating' },
      { status: 'ready' },
    ],
    model_services: [{ name: 'main.ai.chat' }],
  });

  it('are those with a name, and the others are counted', () => {
    expect(rows.map(({ name }) => name)).toEqual(['b', 'a', 'c', 'd', 'main.ai.chat']);
    expect(pageOf({ endpoints: [{ status: 'ready' }, 'x'] }).unread).toBe(2);
  });

  it('are grouped by state, and an unknown state is neither ready nor broken', () => {
    expect(rows.map(groupOf)).toEqual(['ready', 'needs a look', 'changing', 'other', 'other']);
  });

  it('are found by any words of their fields', () => {
    expect(matching(rows, ' PROD  b', undefined).map(({ name }) => name)).toEqual(['b', 'c']);
    expect(matching(rows, 'b', 'changing').map(({ name }) => name)).toEqual(['c']);
  });

  it('say whose requests are not known, and why', () => {
    expect(
      useIn({ judged: 7, endpoints: [], not_judged: [{ why: 'no metrics (404)', count: 2 }, { count: 1 }] }),
    ).toEqual({
      requests: [],
      lastOnly: [],
      judged: 7,
      notJudged: ['2 endpoints: no metrics (404)', 'One endpoint: the answer does not say why'],
      sources: [],
    });
  });

  it('never take the last request in a table for requests of the last minute', () => {
    const use = useIn({
      endpoints: [
        { name: 'a', last_request: '2026-01-05T08:59:00Z' },
        { name: 'b', requests_last_minute: 4 },
      ],
    });
    expect(use).toMatchObject({ requests: [['b', 4]], lastOnly: [{ name: 'a', at: Date.UTC(2026, 0, 5, 8, 59) }] });
  });

  it('come with what needs a look first, and with unknown numbers last', () => {
    expect(sorted(rows, 'name').map(({ name }) => name)).toEqual(['a', 'c', 'b', 'd', 'main.ai.chat']);
    const counted = withRequests(
      rows,
      new Map(
        useIn({
          endpoints: [
            { name: 'd', requests_last_minute: 5 },
            { name: 'c', requests_last_minute: 0 },
          ],
        }).requests,
      ),
    );
    expect(sorted(counted, 'requests').map(({ name }) => name)).toEqual(['d', 'c', 'a', 'b', 'main.ai.chat']);
  });
});

describe('a word that this version does not know', () => {
  it('counts as neither good nor bad', () => {
    expect([toneOfStatus('hibernating'), toneOfVerdict('odd'), toneOfSeverity('odd'), toneOfDeployment('odd')]).toEqual(
      new Array(4).fill('plain'),
    );
  });
});

describe('a call that changes something', () => {
  it('shows its changes before it is sent', () => {
    expect(
      previewOf(
        answer({
          changes: [
            { field: 'traffic.a', from: 50, to: 0 },
            { field: 'b', to: null },
          ],
        }),
        { x: 1 },
        'It ends.',
      ),
    ).toEqual({
      step: 'asked',
      question: 'It ends.',
      changes: ['traffic.a: 50 → 0', 'b: nothing → nothing'],
      args: { x: 1 },
    });
  });

  it('is not offered when it would be refused', () => {
    expect(
      previewOf(answer({ would_be_refused: { message: 'A policy forbids it.', next: 'Ask.' } }), {}, 'It ends.'),
    ).toMatchObject({
      step: 'failed',
      message: 'A policy forbids it.',
    });
  });

  it('is agreed to by name and by the fingerprint of what was shown', () => {
    const asked = answer({
      endpoint: 'churn',
      needs_consent: 'Requests are lost. Ask the user. Make the call in next only if they agree.',
      preview: { changes: [{ field: 'traffic.a', from: 50, to: 0 }] },
      fingerprint: 'f00',
    });
    expect(outcomeOf(asked, { endpoint: 'churn', action: 'abort' })).toEqual({
      step: 'asked',
      question: 'Requests are lost.',
      changes: ['traffic.a: 50 → 0'],
      args: { endpoint: 'churn', action: 'abort', confirm: 'churn', if_fingerprint: 'f00' },
    });
  });

  it('is never agreed to in a form that is not known', () => {
    expect(outcomeOf(answer({ endpoint: 'churn', needs_consent: 'Sure?' }), {})).toMatchObject({ step: 'failed' });
  });
});

describe('a question about another endpoint than that of the button', () => {
  it('is not put to the person', () => {
    const data = { needs_consent: 'Promote?', endpoint: 'payments', fingerprint: 'f' };
    const seen = ['payments', 'churn'].map((endpoint) => outcomeOf(answer(data), { endpoint }).step);
    expect(seen).toEqual(['asked', 'failed']);
  });
});
