/** The report: for a person in a minute, and to be sent on. Pure. It takes only what the anonymiser has passed. */
import { type Group, groupsOf, placesIn } from './contract-groups.ts';
import type { EndpointKind } from './contract-kinds.ts';
import { KIND_WORDS } from './contract-kinds.ts';
import type { Result, Results } from './contract-results.ts';

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

/** More lines are not read. `--json` has all. */
const MOST_LINES = 30;
const MOST_NAMED = 4;

/** The report in Markdown. */
export function asMarkdown({ results, differences, notJudged }: Results, run: Run): string {
  const { confirmed, different, notReached } = sorted(results);
  const groups = groupsOf(differences);
  const counted = `${many(different.length, 'behaviour')}, ${many(placesIn(differences), 'place')}`;
  const differ = `${many(different.length, 'behaviour')} ${different.length === 1 ? 'differs' : 'differ'}`;
  const head =
    different.length === 0 ? 'No behaviour differs' : `${differ}, at ${many(placesIn(differences), 'place')}`;
  return `${[
    '# What this workspace answers, and what the built-in sandbox answers',
    '',
    `**${head}.** ${confirmed.length} behaviours are confirmed, and ${notReached.length} were not reached. A behaviour is a row of the sandbox's evidence, or the form of one kind of answer. ${notJudged} more behaviours need a change or a paid query, so this check does not judge them.`,
    '',
    `databricks-serving-mcp ${run.version}, ${run.date}, cloud: ${run.cloud ?? 'unknown'}, ${run.requests} requests. ${NOTHING_CHANGED} ${REPLACED}`,
    '',
    `## Different: ${differences.length === 0 ? 'nothing' : counted}`,
    '',
    ...groups.slice(0, MOST_LINES).map((each, at) => `${at + 1}. ${groupLine(each, run)}`),
    ...(groups.length > MOST_LINES
      ? ['', `${groups.length - MOST_LINES} more differences are left out here. \`--json\` has all of them.`]
      : []),
    ...(differences.length > 0 ? ['', `Behaviours that differ: ${ids(different)}.`] : []),
    '',
    `## Not reached: ${notReached.length === 0 ? 'nothing' : many(notReached.length, 'behaviour')}`,
    '',
    ...grouped(notReached).map(([reason, rows]) => `- ${reason}: ${ids(rows)}`),
    '',
    `## Confirmed: ${confirmed.length === 0 ? 'nothing' : many(confirmed.length, 'behaviour')}`,
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

function many(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `a`, `b` and 3 more. */
function few(all: readonly string[], between = ', '): string {
  const more = all.length - MOST_NAMED;
  return more > 0 ? `${all.slice(0, MOST_NAMED).join(between)} and ${more} more` : all.join(between);
}

const SUBJECTS: Record<string, string> = {
  status: 'The status',
  'content-type': 'The content type',
  '/': 'The whole answer',
};

function groupLine({ field, sandbox, services, rows, answers, places }: Group, run: Run): string {
  const kinds = new Map(run.endpoints.map(({ name, kind }) => [name, kind]));
  const about = [...new Set(places.flatMap((place) => place.about))];
  const named = few(about.map((name) => (kinds.has(name) ? `${name} (${kinds.get(name)})` : name)));
  const [first] = places;
  const count = new Set(places.map(({ route, pointer }) => `${route} ${pointer}`)).size;
  const subject = SUBJECTS[field] ?? (field.startsWith('header ') ? `The ${field}` : `\`${field}\``);
  const pointer = first?.pointer.startsWith('/') && first.pointer !== '/' ? `\`${first.pointer}\` of ` : '';
  const route = first?.route.startsWith('/') ? `\`GET ${first.route}\`` : (first?.route ?? '');
  return [
    `${subject}. Sandbox: ${quoted(sandbox)}. Service: ${few(services.map(quoted), '; ')}.`,
    count > 1 ? `At ${count} places, such as ${pointer}${route}.` : `At ${pointer}${route}.`,
    `In ${many(answers, 'answer')}${named === '' ? '' : `: ${named}`}.`,
    rows.length === 0 ? '' : `Behaviour${rows.length > 1 ? 's' : ''} ${few(rows.map((row) => `\`${row}\``))}.`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** Words of an API are in a code span, so that none of their signs is read as Markdown. Prose is not. */
function quoted(text: string): string {
  return /^[a-z0-9 ,.'()-]+$/i.test(text) && !/^[A-Z]+$/.test(text) ? text : `\`${text.replaceAll('`', "'")}\``;
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
      places: placesIn(differences),
    },
    differences: groupsOf(differences),
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
