/** The report: for a person in a minute, and to be sent on. Pure. It takes only what the anonymiser has passed. */
import type { EndpointKind } from './contract-kinds.ts';
import { KIND_WORDS } from './contract-kinds.ts';
import type { Difference, Result, Results } from './contract-results.ts';

/** What a report says of its run. */
export interface Run {
  version: string;
  /** The day, `2026-11-27`. A moment would help to find the workspace in logs. */
  date: string;
  cloud: string | undefined;
  requests: number;
  /** The endpoints that were read, by stand-in. */
  endpoints: { name: string; kind: EndpointKind }[];
}

const NOTHING_CHANGED =
  'Only GET requests were sent: nothing was changed, no model was queried, and the requests cost nothing.';
const REPLACED =
  'Names, ids, hosts, texts and times are replaced; the same stand-in is the same thing everywhere. Of a new field or a new word, only the parts that are common words of APIs are shown: `CAN_‹word-1›` has a part that is none. Read it before you send it on.';

/** The report in Markdown. */
export function asMarkdown({ results, differences, notJudged }: Results, run: Run): string {
  const { confirmed, different, notReached } = sorted(results);
  return `${[
    '# What this workspace answers, and what the built-in sandbox answers',
    '',
    `**${confirmed.length} confirmed, ${different.length} different, ${notReached.length} not reached.** Each is a behaviour of the sandbox or the form of an answer. ${notJudged} more behaviours need a change or a paid query, so this check does not judge them.`,
    '',
    `databricks-serving-mcp ${run.version}, ${run.date}, cloud: ${run.cloud ?? 'unknown'}, ${run.requests} requests. ${NOTHING_CHANGED} ${REPLACED}`,
    '',
    `## Different: ${differences.length === 0 ? 'nothing' : differences.length}`,
    '',
    ...differences.map((each, at) => differenceLine(each, at + 1, run)),
    ...(differences.length > 0 ? ['', `Behaviours that differ: ${ids(different) || 'none'}.`] : []),
    '',
    `## Not reached: ${notReached.length === 0 ? 'nothing' : notReached.length}`,
    '',
    ...grouped(notReached).map(([reason, rows]) => `- ${reason}: ${ids(rows)}`),
    '',
    `## Confirmed: ${confirmed.length === 0 ? 'nothing' : confirmed.length}`,
    '',
    ...groupedByEvidence(confirmed),
    '',
    '## Read',
    '',
    run.endpoints.length === 0
      ? 'No endpoint was read.'
      : `${run.endpoints.map(({ name, kind }) => `${name}: ${KIND_WORDS[kind]}`).join('; ')}.`,
  ].join('\n')}\n`;
}

function differenceLine(
  { route, pointer, sandbox, service, row, about, answers }: Difference,
  number: number,
  run: Run,
): string {
  const kinds = new Map(run.endpoints.map(({ name, kind }) => [name, kind]));
  const named = about.slice(0, 4).map((name) => (kinds.has(name) ? `${name} (${kinds.get(name)})` : name));
  const more = about.length > named.length ? `${named.join(', ')} and others` : named.join(', ');
  const seen = `${answers} ${answers === 1 ? 'answer' : 'answers'}${more === '' ? '' : `: ${more}`}`;
  const place = route.startsWith('/') ? `GET ${route}` : route;
  return `${number}. \`${place}\` at \`${pointer}\`: the sandbox has ${quoted(sandbox)}, the service ${quoted(service)}.${row === undefined ? '' : ` Behaviour \`${row}\`.`} In ${seen}.`;
}

/** In a code span, so that no word of the service is read as Markdown. */
function quoted(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}

/** The report as JSON, for programs. */
export function asJson({ results, differences, notJudged }: Results, run: Run): string {
  const { confirmed, different, notReached } = sorted(results);
  const report = {
    product: 'databricks-serving-mcp',
    ...run,
    cloud: run.cloud ?? null,
    changed: false,
    methods: ['GET'],
    summary: {
      confirmed: confirmed.length,
      different: different.length,
      not_reached: notReached.length,
      not_judged: notJudged,
    },
    differences,
    different: different.map(({ id, behaviour, evidence }) => ({ id, behaviour, evidence })),
    not_reached: notReached.map(({ id, evidence, reason }) => ({ id, evidence, ...reason })),
    confirmed: confirmed.map(({ id, evidence }) => ({ id, evidence })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function sorted(results: readonly Result[]) {
  const of = (verdict: Result['verdict']) => results.filter((each) => each.verdict === verdict);
  return { confirmed: of('confirmed'), different: of('different'), notReached: of('not_reached') };
}

function ids(results: readonly Result[]): string {
  return results.map(({ id }) => id).join(', ');
}

/** By reason, missing rights first: they are what a person can change. */
function grouped(results: readonly Result[]): [string, Result[]][] {
  const groups = new Map<string, Result[]>();
  const order = (result: Result) => (result.reason?.why === 'right' || result.reason?.why === 'scope' ? 0 : 1);
  for (const result of [...results].sort((a, b) => order(a) - order(b))) {
    const { why = 'unknown', says = 'unknown' } = result.reason ?? {};
    const reason = why === 'right' ? `missing right: ${says}` : why === 'scope' ? `missing: ${says}` : says;
    groups.set(reason, [...(groups.get(reason) ?? []), result]);
  }
  return [...groups];
}

const EVIDENCE_WORDS = {
  assumed: 'were assumed until now',
  seen: 'were seen in published answers',
  documented: 'are documented',
  form: 'are forms of answers',
} as const;

function groupedByEvidence(results: readonly Result[]): string[] {
  return (['assumed', 'seen', 'documented', 'form'] as const).flatMap((evidence) => {
    const rows = results.filter((each) => each.evidence === evidence);
    return rows.length === 0 ? [] : [`- ${rows.length} ${EVIDENCE_WORDS[evidence]}: ${ids(rows)}`];
  });
}
