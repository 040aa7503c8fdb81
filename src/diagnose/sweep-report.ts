/** The diagnoses of many endpoints as an answer of at most 2,000 tokens. Pure. */
import { call, type ToolResult } from '../refusal.ts';
import { defined } from '../rest/json.ts';
import { ENDPOINT_NAME } from '../rest/names.ts';
import { clip } from '../text/sanitize.ts';
import { timeText } from '../text/time.ts';
import { SEVERITIES } from './finding.ts';
import { MAX_REPORT } from './report.ts';
import type { Judged, Outcome } from './sweep.ts';
import { VERDICTS } from './verdict.ts';

/** Rows with a sentence each, the characters of the sentence, and whether each row has its next call. They are tried in turn. */
const STEPS = [
  { rows: 60, text: 300, calls: true },
  { rows: 60, text: 160, calls: true },
  { rows: 40, text: 160, calls: true },
  { rows: 30, text: 120, calls: true },
  { rows: 22, text: 120, calls: true },
  { rows: 15, text: 120, calls: true },
  { rows: 10, text: 100, calls: true },
  { rows: 5, text: 80, calls: false },
  { rows: 0, text: 0, calls: false },
] as const;
type Sizes = (typeof STEPS)[number];

export interface SweepView {
  /** Fields of the answer that come first. */
  more: ToolResult;
  /** The call that continues after an endpoint. */
  after: (name: string) => string;
  limit?: number;
}

/**
 * As many endpoints from the start of the list as fit, the most severe first. Each of them is in the answer: as a row, by its name, or in a count.
 * @param outcomes in the order of the names, which is the order of pages.
 */
export function sweepReport(outcomes: readonly Outcome[], { more, after, limit = MAX_REPORT }: SweepView): ToolResult {
  const late = outcomes.findIndex((each) => 'late' in each);
  // Another try would begin with the same endpoint, so the first one counts as one that could not be judged.
  const inTime = late < 0 ? outcomes.length : Math.max(late, 1);
  for (let shown = inTime; ; shown = Math.floor(shown * 0.8)) {
    const page = outcomes.slice(0, shown);
    const end =
      shown < outcomes.length ? continued(outcomes, shown, shown === inTime, after) : { next: firstCall(page) };
    for (const sizes of STEPS) {
      const answer = defined({ ...more, ...pageOf(page, sizes), ...end });
      if (JSON.stringify(answer).length <= limit) return answer;
    }
    if (shown <= 1) return defined({ ...more, ...end });
  }
}

/** How to go on after the first outcomes. @param late whether the time ended, and not the room in the answer. */
function continued(outcomes: readonly Outcome[], shown: number, late: boolean, after: SweepView['after']): ToolResult {
  const last = outcomes[shown - 1]?.name ?? '';
  const left = outcomes.length - shown;
  return {
    next_cursor: last,
    note: late ? `the time was up: ${left} more are not judged yet` : `the answer was full: ${left} more follow`,
    // The name becomes part of the call, so it must be a valid one.
    next: ENDPOINT_NAME.test(last) ? after(last) : undefined,
  };
}

/** A look at all endpoints is brief. */
const FINE_MEANS =
  'by state and metrics. The logs of these, and the rights of their creators, are read when one is named';

function pageOf(page: readonly Outcome[], { rows, text, calls }: Sizes): ToolResult {
  const judged = page.flatMap((each) => ('verdict' in each ? each : []));
  const urgent = judged.filter(needsPerson).toSorted(bySeverity);
  const fine = judged.filter((each) => !urgent.includes(each) && each.verdict !== 'unknown');
  const shown = urgent.slice(0, rows);
  const others = urgent.slice(rows).map(({ name, verdict, findings }) => ({
    name,
    group: { verdict, code: findings[0]?.code },
  }));
  return defined({
    judged: judged.length,
    need_a_person: urgent.length,
    endpoints: shown.map((each) => rowOf(each, text, calls)),
    // One call for each shows the rest.
    without_sentence: grouped(others),
    fine: counts(fine.map(({ verdict }) => verdict)),
    fine_means: fine.length > 0 ? FINE_MEANS : undefined,
    minor: grouped(
      fine.flatMap(({ name, findings }) => findings.slice(0, 1).map(({ code }) => ({ name, group: { code } }))),
    ),
    not_judged: grouped(page.flatMap((each) => doubtOf(each) ?? [])),
    deleted_meanwhile: page.filter((each) => 'gone' in each).length || undefined,
  });
}

function rowOf({ name, verdict, findings }: Judged, text: number, calls: boolean): ToolResult {
  const [first] = findings;
  return defined({
    endpoint: name,
    verdict,
    code: first?.code,
    finding: first && clip(first.sentence, text),
    since: timeText(first?.since),
    more: findings.length > 1 ? findings.length - 1 : undefined,
    next: calls ? callOf(name) : undefined,
  });
}

/** A stopped endpoint is as a person wanted it. A verdict in doubt is no claim. */
export function needsPerson({ verdict, findings }: Judged): boolean {
  if (['not_serving', 'failing', 'update_failed', 'degraded'].includes(verdict)) return true;
  const severe = findings.some(({ severity }) => severity === 'critical' || severity === 'major');
  return severe && verdict !== 'stopped';
}

/** What serves nothing comes first, then the severity of the first finding. */
function bySeverity(a: Judged, b: Judged): number {
  const verdict = ({ verdict: own }: Judged) => {
    const at = URGENT.indexOf(own);
    return at < 0 ? URGENT.length : at;
  };
  const severity = ({ findings }: Judged) => SEVERITIES.indexOf(findings[0]?.severity ?? 'note');
  return verdict(a) - verdict(b) || severity(a) - severity(b) || (a.name < b.name ? -1 : 1);
}
const URGENT: readonly string[] = ['not_serving', 'failing', 'update_failed', 'degraded'];

function doubtOf(outcome: Outcome): { name: string; group: { why: string } } | undefined {
  const { name } = outcome;
  if ('failed' in outcome) return { name, group: { why: outcome.failed } };
  if ('late' in outcome) return { name, group: { why: 'it did not answer in time' } };
  if ('gone' in outcome || outcome.verdict !== 'unknown' || needsPerson(outcome)) return undefined;
  return { name, group: { why: outcome.unread ?? 'nothing shows whether requests succeed' } };
}

/** Counts in the order of the verdicts. */
function counts(verdicts: readonly string[]): Record<string, number> | undefined {
  const known = [...new Set(VERDICTS.map(({ verdict }) => verdict))];
  const found = known.flatMap((verdict) => {
    const count = verdicts.filter((each) => each === verdict).length;
    return count === 0 ? [] : [[verdict, count] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** Names by what they have in common, in the order of their first names. */
function grouped(
  all: readonly { name: string; group: Record<string, string | undefined> }[],
): ToolResult[] | undefined {
  const groups = new Map<string, { group: Record<string, string | undefined>; names: string[] }>();
  for (const { name, group } of all) {
    const key = JSON.stringify(group);
    const known = groups.get(key) ?? { group, names: [] };
    known.names.push(name);
    groups.set(key, known);
  }
  const found = [...groups.values()].map(({ group, names }) =>
    defined({ ...group, count: names.length, endpoints: names }),
  );
  return found.length === 0 ? undefined : found;
}

function callOf(name: string): string | undefined {
  return ENDPOINT_NAME.test(name) ? call('diagnose_endpoint', { endpoint: name }) : undefined;
}

/** The diagnosis of the endpoint that needs it most. */
function firstCall(page: readonly Outcome[]): string | undefined {
  const [first] = page.flatMap((each) => ('verdict' in each && needsPerson(each) ? each : [])).toSorted(bySeverity);
  return first && callOf(first.name);
}
