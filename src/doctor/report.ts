/** The report as text of at most fifteen lines, and as JSON. Pure. */
import type { Check, Status } from './check.ts';

/** Lines of the text. The report fits on any screen, and into a message to a colleague. */
export const MAX_LINES = 15;

export interface Report {
  /** No check failed. */
  ok: boolean;
  server: string;
  version: string;
  /** The host. Null when none is known. */
  workspace: string | null;
  sandbox: boolean;
  checks: Check[];
}

export function asJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

const MARKS: Record<Status, string> = { ok: 'ok', warning: 'warning', failed: 'FAILED', not_checked: 'skipped' };

/** Checks that tell little when they are fine. */
const QUIET: ReadonlySet<Check['check']> = new Set(['node', 'proxy', 'certificates', 'clock', 'policy']);

/**
 * One line for each check, and one for its remedy. When that is too long, remedies follow on the same line, then checks that are fine share a line:
 * first those that tell little, then all but clients, then all. At last clients share one.
 */
export function asText(report: Report): string {
  const head = headline(report);
  const forms: (() => string[])[] = [
    () =>
      rows(
        merged(report.checks, () => false),
        true,
      ),
    () =>
      rows(
        merged(report.checks, () => false),
        false,
      ),
    () =>
      rows(
        merged(report.checks, ({ check }) => QUIET.has(check)),
        true,
      ),
    () =>
      rows(
        merged(report.checks, ({ check }) => QUIET.has(check)),
        false,
      ),
    () =>
      rows(
        merged(report.checks, ({ check }) => check !== 'clients'),
        true,
      ),
    () =>
      rows(
        merged(report.checks, ({ check }) => check !== 'clients'),
        false,
      ),
    () =>
      rows(
        merged(report.checks, () => true),
        false,
      ),
    () =>
      rows(
        merged(withOneClient(report.checks), () => true),
        false,
      ),
  ];
  for (const form of forms) {
    const lines = [head, ...form()];
    if (lines.length <= MAX_LINES) return `${lines.join('\n')}\n`;
  }
  throw new Error('unreachable: every check has one line at most');
}

function headline({ server, version, checks, sandbox }: Report): string {
  const count = (status: Status) => checks.filter((each) => each.status === status).length;
  const [bad, warned, skipped] = [count('failed'), count('warning'), count('not_checked')];
  const counts = [
    ...(bad > 0 ? [`${bad} of ${checks.length} checks failed`] : ['nothing failed']),
    ...(warned > 0 ? [`${warned} with a warning`] : []),
    ...(skipped > 0 ? [`${skipped} not checked`] : []),
  ];
  return `${server} ${version}${sandbox ? ' with its sandbox' : ''}: ${counts.join(', ')}`;
}

interface Row {
  mark: string;
  name: string;
  says: string;
  remedy?: string | undefined;
}

const nameOf = ({ check, client }: Check) => client ?? check.replaceAll('_', ' ');

/** Checks that were not made share a line for each reason. @param folds which of those that are fine share one, too. */
function merged(checks: readonly Check[], folds: (check: Check) => boolean): Row[] {
  const found: Row[] = [];
  const groups = new Map<string, Row>();
  for (const check of checks) {
    const { status, says, remedy } = check;
    const key = status === 'not_checked' ? says : status === 'ok' && folds(check) ? 'ok' : undefined;
    const group = key === undefined ? undefined : groups.get(key);
    if (group) {
      // A client can have several entries.
      const into = status === 'ok' ? 'says' : 'name';
      if (!group[into].split(', ').includes(nameOf(check))) group[into] += `, ${nameOf(check)}`;
      continue;
    }
    const short = status === 'ok' && folds(check);
    const row: Row = {
      mark: MARKS[status],
      name: short ? '' : nameOf(check),
      says: short ? nameOf(check) : says,
      remedy,
    };
    if (key !== undefined) groups.set(key, row);
    found.push(row);
  }
  return found;
}

/** Characters of what several clients say together: a few lines of a terminal. */
const MAX_JOINED = 900;

const GRAVITY: readonly Status[] = ['failed', 'warning', 'not_checked', 'ok'];

/** All clients as one check, which is as bad as the worst of them. */
function withOneClient(all: readonly Check[]): Check[] {
  const clients = all.filter(({ check }) => check === 'clients');
  const status = GRAVITY.find((each) => clients.some((client) => client.status === each));
  if (status === undefined) return [...all];
  // The worst come first: what is left out is no worse.
  const says = GRAVITY.flatMap((each) => clients.filter((client) => client.status === each)).map(
    ({ client = 'others', says, remedy }) => `${client}: ${says}${remedy === undefined ? '' : `. ${remedy}`}`,
  );
  const shown = says.filter((_, index) => says.slice(0, index + 1).join('; ').length <= MAX_JOINED || index === 0);
  const rest = says.length - shown.length;
  const more = rest === 0 ? [] : [`and ${rest} more, which --json shows`];
  return [
    ...all.filter(({ check }) => check !== 'clients'),
    { check: 'clients', status, says: [...shown, ...more].join('; ') },
  ];
}

/** Names that are longer share no column. */
const MAX_NAME = 16;

function rows(all: readonly Row[], remediesApart: boolean): string[] {
  const markWidth = Math.max(...all.map(({ mark }) => mark.length)) + 2;
  const names = all.map(({ name }) => name.length).filter((length) => length <= MAX_NAME);
  const nameWidth = Math.max(0, ...names) + 2;
  return all.flatMap(({ mark, name, says, remedy }) => {
    const label = name === '' ? '' : name.length < nameWidth ? name.padEnd(nameWidth) : `${name}: `;
    const line = `${mark.padEnd(markWidth)}${label}${says}`;
    if (remedy === undefined) return [line];
    return remediesApart ? [line, `${' '.repeat(markWidth)}-> ${remedy}`] : [`${line}. -> ${remedy}`];
  });
}
