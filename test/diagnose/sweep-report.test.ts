/** The answer about many endpoints: what is shown, in which order, and within which size. */
import { describe, expect, it } from 'vitest';
import type { Severity } from '../../src/diagnose/finding.ts';
import type { Judged, Outcome } from '../../src/diagnose/sweep.ts';
import { needsPerson, sweepReport } from '../../src/diagnose/sweep-report.ts';
import type { Verdict } from '../../src/diagnose/verdict.ts';

const LIMIT = 8_000;
const after = (name: string) => `diagnose_endpoint {"cursor":"${name}"}`;
const report = (outcomes: readonly Outcome[]) => sweepReport(outcomes, { more: { total: outcomes.length }, after });

function judged(name: string, verdict: Verdict, severity?: Severity, code = 'pip_conflict'): Judged {
  const sentence = `The build of ${name} failed: pip found requirements that exclude each other, and ${'more '.repeat(20)}`;
  return { name, verdict, findings: severity ? [{ code, severity, sentence }] : [], unread: undefined };
}

const many = (count: number, length: number, verdict: Verdict, severity?: Severity, codes = 6): Judged[] =>
  Array.from({ length: count }, (_, at) =>
    judged(`m${String(at).padStart(4, '0')}`.padEnd(length, 'x'), verdict, severity, `code_number_${at % codes}`),
  );

// biome-ignore lint/suspicious/noExplicitAny: an answer is read field by field
function namesIn({ endpoints = [], without_sentence = [], not_judged = [] }: any): string[] {
  const groups = [...without_sentence, ...not_judged] as { endpoints: string[] }[];
  return [...endpoints.map((each: { endpoint: string }) => each.endpoint), ...groups.flatMap((each) => each.endpoints)];
}

describe('the answer about many endpoints', () => {
  it.each([
    [200, 63],
    [60, 63],
    [60, 20],
    [500, 40],
    [1, 63],
  ])(
    'names each of %i broken endpoints with names of %i characters, over as many pages as it needs',
    (count, length) => {
      const all = many(count, length, 'not_serving', 'critical');
      const named: string[] = [];
      let rest: readonly Outcome[] = all;
      let next: unknown;
      do {
        const page = report(rest);
        expect(JSON.stringify(page).length).toBeLessThanOrEqual(LIMIT);
        named.push(...namesIn(page));
        next = page.next_cursor;
        if (next !== undefined) expect(page.next).toBe(after(String(next)));
        rest = rest.filter(({ name }) => next !== undefined && name > String(next));
      } while (next !== undefined);
      expect(named.toSorted()).toEqual(all.map(({ name }) => name));
    },
  );

  it('shows 60 broken endpoints of 200 on one page', () => {
    const all = [...many(60, 25, 'failing', 'critical'), ...many(140, 30, 'healthy')];
    const page = report(all);
    expect(JSON.stringify(page).length).toBeLessThanOrEqual(LIMIT);
    expect(page).toMatchObject({ need_a_person: 60, fine: { healthy: 140 } });
    expect(page.next_cursor).toBeUndefined();
  });

  it('begins with those that serve nothing, then by severity', () => {
    const page = report([
      judged('a', 'degraded', 'major'),
      judged('b', 'update_failed', 'critical'),
      judged('c', 'failing', 'critical'),
      judged('d', 'not_serving', 'major'),
      judged('e', 'not_serving', 'critical'),
    ]);
    expect(namesIn(page)).toEqual(['e', 'd', 'c', 'b', 'a']);
    expect(page.next).toBe('diagnose_endpoint {"endpoint":"e"}');
  });

  it.each<[Verdict, Severity | undefined, boolean]>([
    ['not_serving', undefined, true],
    ['update_failed', 'critical', true],
    ['degraded', 'major', true],
    ['updating', 'major', true],
    ['updating', undefined, false],
    ['stopped', 'critical', false],
    ['healthy', 'minor', false],
    ['idle', undefined, false],
    ['unknown', undefined, false],
  ])('needs a person when it is %s with a finding that is %s: %s', (verdict, severity, expected) => {
    expect(needsPerson(judged('a', verdict, severity))).toBe(expected);
  });

  it('goes on after the first endpoint, when not even that one was judged in time', () => {
    const page = report([
      { name: 'a', late: true },
      { name: 'b', late: true },
    ]);
    expect(page).toMatchObject({
      not_judged: [{ why: 'it did not answer in time', endpoints: ['a'] }],
      next_cursor: 'a',
    });
  });

  it('judges again what comes after the first one that was late', () => {
    const page = report([judged('a', 'healthy'), { name: 'b', late: true }, judged('c', 'failing', 'critical')]);
    expect(page).toMatchObject({ judged: 1, next_cursor: 'a', note: 'the time was up: 2 more are not judged yet' });
  });

  it('offers no call with a name that no call can hold', () => {
    const page = report([judged('a "b', 'failing', 'critical')]);
    expect(page.endpoints).toHaveLength(1);
    expect(page.next).toBeUndefined();
  });
});
