/** A guarded rollout to look at: `detail: rollout` of get_metrics, through the client. It shows what roll_out would do, and changes nothing. */
import { describe, expect, it } from 'vitest';
import { type Journal, JournalError, memoryJournal } from '../../src/journal/journal.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { EVERY_CHANGE, type Harness, type HarnessOptions } from '../support/harness.ts';
import { BAD, type Data, MARK, MINUTE, nowServed, playOn, rolloutSeed, WISH } from '../support/rollout-site.ts';
import { ask } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { CHURN_PATH, writes } from '../support/workspace.ts';

const begin = useHarness((options: HarnessOptions) => options);
const churn = { endpoint: 'churn' };
const VERSION = { ...churn, version: '3' };
const isAt = (step: string) => (data: Data) => String(data.step).startsWith(step);

/** What get_metrics shows of the rollout. */
async function shown(h: Harness, args: Record<string, unknown> = {}): Promise<Data> {
  const { data, isError } = await h.call('get_metrics', { ...churn, detail: 'rollout', ...args });
  expect(isError).toBe(false);
  return data.guarded_rollout;
}

/** Plays a rollout until an answer names the step. */
async function at(step: string): Promise<Harness> {
  const h = await begin(rolloutSeed());
  await playOn(h, WISH, isAt(step));
  return h;
}

const setMark = (h: Harness, value: string) =>
  ask(h, `${CHURN_PATH}/tags`, { method: 'PATCH', body: JSON.stringify({ add_tags: [{ key: MARK, value }] }) });

/** A server with a journal that another one of the same machine can have, too, and that journal. */
async function withJournal(canary: Record<string, unknown> = {}): Promise<{ h: Harness; kept: Journal }> {
  let now = () => Date.UTC(2026, 0, 5, 9);
  const kept = memoryJournal({ now: () => now(), random: Math.random, sanitize });
  const h = await begin(rolloutSeed(canary, { journal: kept }));
  now = h.sandbox.clock.now;
  return { h, kept };
}

/** What the next call of roll_out does, for each decision that a look shows. */
const DOES: Record<string, (answer: Data, before: Data) => boolean> = {
  wait: (answer, { step }) => answer.outcome === 'waiting' && isAt(`${step} of`)(answer) && answer.changed === false,
  promote: (answer, { step }) => answer.outcome === 'waiting' && isAt(`${step + 1} of`)(answer),
  complete: ({ outcome }) => outcome === 'done',
  roll_back: ({ outcome }) => outcome === 'rolled_back',
  deploying: ({ outcome }) => outcome === 'waiting',
};

describe('a rollout that is looked at', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['to its end', {}, 'done'],
    ['until it fails', BAD, 'rolled_back'],
  ])('shows before each call what the call then does, %s', async (_, canary, end) => {
    const h = await begin(rolloutSeed(canary));
    let answer = await h.call('roll_out', WISH);
    const decisions = new Set<string>();
    for (let calls = 0; calls < 30 && answer.data.outcome === 'waiting'; calls++) {
      // The look comes first, so that the server has not acted by itself. It reads the metrics that the call then reads.
      h.sandbox.clock.advance((answer.data.come_back_in_seconds ?? 1) * 1_000);
      const before = await shown(h);
      answer = await h.call('roll_out', { ...VERSION, wait_seconds: 0 });
      const { decision } = before.next_look;
      decisions.add(decision);
      expect(DOES[decision]?.(answer.data, before), `${decision}: ${answer.text}`).toBe(true);
      for (const [index, row] of (answer.data.report ?? []).entries()) {
        const { canary: own, baseline } = before.report[index];
        expect(row).toMatchObject({
          percent: before.report[index].percent,
          requests: own.requests,
          verdict: expect.stringContaining(before.report[index].verdict),
        });
        expect(row.errors_5xx).toBe(`${own.errors_5xx_percent} against ${baseline.errors_5xx_percent} %`);
      }
    }
    expect(answer.data.outcome).toBe(end);
    expect([...decisions]).toEqual(
      expect.arrayContaining(end === 'done' ? ['wait', 'promote', 'complete'] : ['roll_back']),
    );
    expect(await shown(h)).toMatchObject({ state: end });
  });

  it('is read without any change, also by a server that may change nothing', async () => {
    const { h, kept } = await withJournal();
    await playOn(h, WISH, isAt('1 of 2'));
    await h.pass(MINUTE);
    const reader = await begin({ sandbox: h.sandbox, readOnly: true, journal: kept });
    const [entries, mark, from] = [await kept.read(EVERY_CHANGE), (await nowServed(h)).mark, h.sandbox.requests.length];
    const sent = writes(h).length;
    const own = await shown(h);
    const { actions_off, ...read } = await shown(reader);
    expect(h.sandbox.requests.slice(from).filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(writes(h)).toHaveLength(sent);
    expect(await kept.read(EVERY_CHANGE)).toEqual(entries);
    expect((await nowServed(h)).mark).toBe(mark);
    expect(own).toMatchObject({ state: 'running', step: 1, percent: 50, known_from: ['journal', 'tag'] });
    expect(own.watching).toEqual({ this_server: true, text: 'this server may roll back, and never promotes' });
    expect(read).toMatchObject({ state: 'running', step: 1, steps: [50, 100], watching: { this_server: false } });
    expect(read).not.toHaveProperty('actions');
    expect(actions_off).toContain('read-only');
  });

  it('has the bounds of its gates, and the rows of its steps as numbers', async () => {
    const h = await at('2 of 2');
    await h.pass(2 * MINUTE);
    const { gates, report, plan, measured, changes } = await shown(h);
    const [errors, , latency, saturation] = gates;
    expect(errors).toMatchObject({
      gate: 'errors_5xx',
      verdict: 'pass',
      canary: { requests: expect.any(Number), bad: 0, percent: 0 },
      difference: 0,
      margin: 1,
      fail_margin: 1,
      evidence: 1,
      evidence_needed: 125,
    });
    expect(errors.upper).toBeLessThan(errors.margin);
    expect(latency).toMatchObject({ gate: 'latency', bound_ms: expect.any(Number) });
    expect(saturation).toMatchObject({ gate: 'saturation', verdict: 'pass', max: 95 });
    expect(report).toMatchObject([
      { step: 1, percent: 50, canary: { p95_ms: expect.any(Number) }, verdict: 'pass', margin: 1 },
      { step: 2, percent: 100, baseline_from: 'earlier steps' },
    ]);
    for (const row of report) expect(row.minutes).toBeLessThanOrEqual(row.minutes_passed);
    expect(plan).toMatchObject({ ...WISH.plan, gates: { errors_5xx: { margin: 1 } } });
    expect(measured).toMatchObject({ source: 'metrics', unreadable: 0 });
    expect(Date.parse(measured.as_of)).toBeLessThanOrEqual(h.sandbox.clock.now());
    expect(changes.map(({ event, step }: Data) => `${event} ${step}`)).toEqual(['start 0', 'step 1', 'step 2']);
  });

  it('says how many requests and minutes a step still needs', async () => {
    const h = await begin(rolloutSeed());
    await playOn(h, { ...WISH, plan: { ...WISH.plan, bake_minutes: 5, min_requests: 3_000 } }, isAt('1 of 2'));
    await h.pass(3 * MINUTE);
    const { next_look, now, step_started_at } = await shown(h);
    expect(next_look).toMatchObject({ decision: 'wait', phase: 'step', bake_minutes: 5, requests_needed: 3_000 });
    expect(next_look.requests + next_look.requests_missing).toBe(3_000);
    expect(next_look.requests).toBeGreaterThan(0);
    expect(Date.parse(next_look.at)).toBeGreaterThan(Date.parse(now));
    const passed = (Date.parse(now) - Date.parse(step_started_at)) / MINUTE;
    expect(next_look.bake_minutes_left).toBe(Math.ceil(5 - passed));
    expect(next_look.text).toContain(next_look.why);
  });

  it('shows the last bake at 100 % as its own phase', async () => {
    const h = await begin(rolloutSeed());
    await playOn(h, { ...WISH, plan: { ...WISH.plan, final_bake_minutes: 30 } }, isAt('2 of 2'));
    await h.pass(6 * MINUTE);
    expect((await shown(h)).next_look).toMatchObject({ decision: 'wait', phase: 'final_bake', bake_minutes: 30 });
  });

  it('keeps what was measured after its end, and says what is left', async () => {
    const h = await begin(rolloutSeed(BAD));
    const last = (await playOn(h)).at(-1);
    h.sandbox.clock.advance(30 * MINUTE);
    const found = await shown(h);
    expect(found).toMatchObject({
      state: 'rolled_back',
      reason: last?.reason,
      percent: 0,
      report: [{ step: 1, verdict: 'fail', gates: ['errors_5xx'] }],
      text: expect.stringContaining('churn-3 stays'),
      actions: [{ name: 'resume', arguments: { ...VERSION, action: 'resume' } }],
    });
    expect(found.gates[0]).toMatchObject({ gate: 'errors_5xx', verdict: 'fail', evidence: 1_000_000 });
    expect(found.gates[0].why).toBe(last?.reason);
    // Minutes after the end are no part of it.
    expect(Date.parse(found.measured.as_of)).toBeLessThanOrEqual(Date.parse(found.ended_at));
  });

  it('gives no verdict on an ended rollout whose measurements are gone, and says so', async () => {
    const { h, kept } = await withJournal();
    await playOn(h);
    const other = await begin({ sandbox: h.sandbox, journal: kept });
    const found = await shown(other);
    expect(found).toMatchObject({ state: 'done', step: 2, percent: 100, alias: { name: 'champion', was: 2 } });
    // The other machine has read the last minute.
    expect(found.report).toMatchObject([{ step: 2, percent: 100, minutes: 1 }]);
    for (const each of [...found.gates, ...found.report]) expect(each).not.toHaveProperty('verdict');
    expect(found.missing).toEqual([expect.stringContaining('the measurements of step 1:')]);
    expect(found.changes.at(-1)).toMatchObject({ event: 'done' });
  });

  it('gives none either a day later, when the readings of its steps are deleted', async () => {
    const h = await begin(rolloutSeed());
    await playOn(h);
    h.sandbox.clock.advance(24 * 60 * MINUTE - 12 * MINUTE);
    expect((await shown(h)).report).toMatchObject([{ verdict: 'pass' }, { verdict: 'pass' }]);
    h.sandbox.clock.advance(6 * MINUTE);
    const found = await shown(h);
    expect(found.missing).toEqual([expect.stringContaining('the measurements of step 1')]);
    for (const each of [...found.gates, ...found.report]) expect(each).not.toHaveProperty('verdict');
    h.sandbox.clock.advance(24 * 60 * MINUTE);
    expect(await shown(h)).toMatchObject({ state: 'done', missing: [expect.stringContaining('step 1, 2')] });
  });

  it('is none where no rollout ever ran, and none of an endpoint of the same name that is gone', async () => {
    const h = await begin(rolloutSeed());
    expect(await shown(h)).toMatchObject({ state: 'none' });
    await playOn(h);
    expect(await shown(h)).toMatchObject({ state: 'done' });
    const made = (await ask(h, CHURN_PATH)) as Data;
    await ask(h, CHURN_PATH, { method: 'DELETE' });
    h.sandbox.clock.advance(MINUTE);
    const config = { served_entities: made.config.served_entities.slice(0, 1) };
    await ask(h, '/api/2.0/serving-endpoints', { method: 'POST', body: JSON.stringify({ name: 'churn', config }) });
    h.sandbox.clock.advance(20 * MINUTE);
    expect(await shown(h)).toMatchObject({ state: 'none' });
  });

  it('is undone where an undo took it back', async () => {
    const h = await at('1 of 2');
    const { changes } = (await h.call('list_changes', churn)).data;
    await h.call('undo_change', { id: changes[0].id, wait_seconds: 1800 });
    expect((await shown(h)).state).toBe('undone');
  });
});

describe('a rollout of another machine', () => {
  it('is shown from its tag, with numbers and without verdicts, and says what is missing', async () => {
    const h = await at('1 of 2');
    const other = await begin({ sandbox: h.sandbox });
    // The other machine reads a minute of its own.
    h.sandbox.clock.advance(MINUTE);
    await shown(other);
    h.sandbox.clock.advance(MINUTE);
    const found = await shown(other);
    expect(found).toMatchObject({
      state: 'running',
      version: '3',
      canary: 'churn-3',
      baseline: 'churn-2',
      step: 1,
      steps: [50, 100],
      known_from: ['tag'],
      next_look: { decision: 'unknown' },
    });
    expect(found.by).toBe('admin@example.com');
    expect(found.gates[0]).toMatchObject({ gate: 'errors_5xx', canary: { bad: 0 } });
    for (const each of [...found.gates, ...found.report]) {
      expect(each).not.toHaveProperty('verdict');
      expect(each).not.toHaveProperty('margin');
    }
    expect(found).not.toHaveProperty('plan');
    expect(found.missing).toEqual([expect.stringContaining('the plan'), expect.stringContaining('the changes')]);
  });

  it('is shown without a journal, running and after it went back', async () => {
    const h = await begin(rolloutSeed({}, { journal: null }));
    await playOn(h, WISH, isAt('1 of 2'));
    await h.pass(MINUTE);
    const running = await shown(h);
    expect(running).toMatchObject({ state: 'running', step: 1, watching: { this_server: true } });
    expect(running.missing[0]).toContain('journal');
    await h.call('roll_out', { ...VERSION, action: 'abort' });
    const ended = await shown(h);
    expect(ended).toMatchObject({
      state: 'rolled_back',
      ended_on: '2026-01-05',
      by: 'admin@example.com',
      canary: 'churn-3',
    });
    expect(ended.missing).toEqual(expect.arrayContaining([expect.stringContaining('the measurements')]));
  });

  it('is shown from its tag where that is newer than the record of an earlier one here', async () => {
    const h = await begin(rolloutSeed());
    await playOn(h);
    const other = await begin({ sandbox: h.sandbox });
    // Version 4 goes back on another machine.
    await playOn(other, { ...WISH, version: '4' }, isAt('1 of 2'));
    await other.call('roll_out', { ...VERSION, version: '4', action: 'abort' });
    expect(await shown(h)).toMatchObject({ state: 'rolled_back', version: '4', known_from: ['tag'] });
  });

  it('is shown from its tag where the journal cannot be read, and the fault is said', async () => {
    const h = await at('1 of 2');
    const { kept } = await withJournal();
    const broken = { ...kept, read: async () => Promise.reject(new JournalError(new Error('EIO'))) };
    const other = await begin({ sandbox: h.sandbox, journal: broken });
    expect(await shown(other)).toMatchObject({
      state: 'running',
      known_from: ['tag'],
      missing: expect.arrayContaining([expect.stringContaining('the journal of changes cannot be used')]),
    });
  });

  it('has a tag that cannot be read, which is said and not hidden', async () => {
    const h = await begin(rolloutSeed());
    const value = 'r9 running version 3 in a newer form <script>alert(1)</script>';
    await setMark(h, value);
    expect(await shown(h)).toMatchObject({
      state: 'unreadable',
      tag: value,
      text: expect.stringContaining('cannot read'),
      next: expect.stringContaining('remove_tags'),
    });
  });

  it('has an edited tag, which holds it and leaves only the way back', async () => {
    const h = await at('1 of 2');
    await setMark(h, 'mine now');
    const found = await shown(h);
    expect(found).toMatchObject({ state: 'held', reason: expect.stringContaining('edited the tag') });
    expect(found.actions.map(({ name }: Data) => name)).toEqual(['abort']);
    await setMark(h, `${'x'.repeat(3_000)}`);
    expect((await shown(h)).actions).toHaveLength(1);
  });
});

describe('the actions of a rollout that is looked at', () => {
  const ALL = ['hold', 'resume', 'promote', 'finish', 'abort'];

  /** Previews each action. @returns those that would change something and are not refused. */
  async function possible(h: Harness): Promise<string[]> {
    const found: string[] = [];
    for (const action of ALL) {
      const { data, isError } = await h.call('roll_out', { ...VERSION, action, dry_run: true });
      if (!isError && data.would_be_refused === undefined && data.requests !== undefined) found.push(action);
    }
    return found;
  }

  const named = (found: Data) => (found.actions ?? []).map(({ name }: Data) => name);

  it.each<[string, (h: Harness) => Promise<unknown>, string[]]>([
    ['runs at its first step', async () => {}, ['continue', 'hold', 'promote', 'finish', 'abort']],
    ['is held', (h) => h.call('roll_out', { ...VERSION, action: 'hold' }), ['resume', 'promote', 'finish', 'abort']],
    [
      'meets another split',
      (h) => h.call('set_traffic', { ...churn, traffic: { 'churn-2': 70, 'churn-3': 30 } }),
      ['abort'],
    ],
    [
      'meets the split of another step',
      (h) => h.call('set_traffic', { ...churn, traffic: { 'churn-2': 0, 'churn-3': 100 } }),
      ['resume', 'abort'],
    ],
  ])('are those that roll_out does not refuse, where it %s', async (_, act, expected) => {
    const h = await at('1 of 2');
    await act(h);
    const found = await shown(h);
    expect(named(found)).toEqual(expected);
    const offered = expected.filter((name) => name !== 'continue');
    expect(await possible(h)).toEqual(expect.arrayContaining(offered));
    for (const { name, arguments: args } of found.actions)
      expect((await h.call('roll_out', { ...args, dry_run: true })).isError, name).toBe(false);
  });

  it('have no finish at the last step, and none during an update but to hold', async () => {
    const h = await begin(rolloutSeed());
    await h.call('roll_out', { ...WISH, wait_seconds: 0 });
    expect(await shown(h)).toMatchObject({ state: 'deploying', step: 0 });
    expect(named(await shown(h))).toEqual(['continue', 'hold']);
    await playOn(h, VERSION, isAt('2 of 2'));
    expect(named(await shown(h))).toEqual(['continue', 'hold', 'promote', 'abort']);
  });

  it('are calls that work as they are', async () => {
    const h = await at('1 of 2');
    const byName = async (wanted: string) =>
      (await shown(h)).actions.find(({ name }: Data) => name === wanted).arguments;
    expect((await h.call('roll_out', await byName('hold'))).data.outcome).toBe('held');
    expect(await shown(h)).toMatchObject({
      state: 'held',
      reason: 'it was held by hand',
      next_look: { decision: 'person' },
    });
    expect((await h.call('roll_out', await byName('resume'))).data.outcome).toBe('waiting');
    expect((await h.call('roll_out', await byName('abort'))).data.outcome).toBe('rolled_back');
    expect(await shown(h)).toMatchObject({ state: 'rolled_back', reason: 'it was aborted by hand' });
  });
});
