/** `list_endpoints`, page by page, as the view of the workspace shows it. Pure. */
import type { Data } from '../host/host.ts';
import { numberOf, rowsOf, textOf, textsOf, timeOf, unreadIn } from './fields.ts';

export interface Row {
  name: string;
  isService: boolean;
  status: string | undefined;
  serves: string | undefined;
  /** What a running or failed update would serve. */
  update: string | undefined;
  task: string | undefined;
  creator: string | undefined;
  changed: number | undefined;
  atZero: boolean;
  /** Requests of the last minute. Undefined where they are not known. */
  requests: number | undefined;
}

export interface Page {
  rows: Row[];
  workspace: string | undefined;
  /** Of all pages. */
  total: number | undefined;
  cursor: string | undefined;
  notes: string[];
  unread: number;
}

export function pageOf(data: Data): Page {
  const services = rowsOf(data.model_services).map((row) => rowOf(row, true));
  const unread = unreadIn(data.endpoints) + unreadIn(data.model_services);
  const unknown = rowsOf(data.endpoints).filter(({ name }) => textOf(name) === undefined).length;
  return {
    rows: [...rowsOf(data.endpoints).map((row) => rowOf(row, false)), ...services].filter(({ name }) => name !== ''),
    workspace: textOf(data.workspace),
    total: numberOf(data.total),
    cursor: textOf(data.next_cursor),
    notes: [textOf(data.note), textOf(data.caution)].filter((each) => each !== undefined),
    unread: unread + unknown,
  };
}

function rowOf(row: Data, isService: boolean): Row {
  return {
    name: textOf(row.name) ?? '',
    isService,
    status: textOf(row.status),
    serves: textOf(row.serves) ?? textOf(row.destinations),
    update: textOf(row.update),
    task: textOf(row.task),
    creator: textOf(row.creator) ?? textOf(row.owner),
    changed: timeOf(row.last_change),
    atZero: row.at_zero === true,
    requests: numberOf(row.requests_last_minute),
  };
}

/** The groups of the tiles. Statuses are phrases, so each belongs to the first that fits. */
export const GROUPS = [
  { name: 'needs a look', fits: (status: string) => /failed|cancelled|not ready/.test(status) },
  { name: 'changing', fits: (status: string) => /^(?:updating|creating|starting)/.test(status) },
  { name: 'stopped', fits: (status: string) => status.startsWith('stopped') },
  { name: 'ready', fits: (status: string) => status.startsWith('ready') },
  { name: 'other', fits: () => true },
] as const;
export type GroupName = (typeof GROUPS)[number]['name'];

export function groupOf({ status = '' }: Row): GroupName {
  return GROUPS.find(({ fits }) => fits(status))?.name ?? 'other';
}

/** A filter of the rows that were read. @param text any part of a name, a model, a creator or a status. */
export function matching(rows: readonly Row[], text: string, group: GroupName | undefined): Row[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (group !== undefined && groupOf(row) !== group) return false;
    const said = [row.name, row.serves, row.update, row.creator, row.status, row.task]
      .filter(Boolean)
      .join(' ')
      .toLowerCase();
    return words.every((word) => said.includes(word));
  });
}

export type Order = 'name' | 'requests' | 'changed';

/** What needs a look comes first, then the order that a person chose. What is not known comes last. */
export function sorted(rows: readonly Row[], order: Order): Row[] {
  const rank = (row: Row) => GROUPS.findIndex(({ name }) => name === groupOf(row));
  const by: Record<Order, (a: Row, b: Row) => number> = {
    name: (a, b) => (rank(a) < 2 || rank(b) < 2 ? rank(a) - rank(b) : 0),
    requests: (a, b) => (b.requests ?? -1) - (a.requests ?? -1),
    changed: (a, b) => (b.changed ?? 0) - (a.changed ?? 0),
  };
  return rows.toSorted((a, b) => by[order](a, b) || (a.name < b.name ? -1 : 1));
}

/** Rows with the requests that a second answer has, by name. */
export function withRequests(rows: readonly Row[], counts: ReadonlyMap<string, number>): Row[] {
  return rows.map((row) => ({ ...row, requests: row.requests ?? counts.get(row.name) }));
}

/** What an answer with the filter `idle` says of the traffic. */
export interface Use {
  /** Requests of the last minute, by endpoint, the most first. */
  requests: [string, number][];
  /** Endpoints of which only the last request is known, from the usage table. */
  lastOnly: { name: string; at: number }[];
  /** Endpoints whose requests are known. */
  judged: number | undefined;
  /** Why the requests of the others are not known. */
  notJudged: string[];
  sources: string[];
}

export function useIn(data: Data): Use {
  const requests = rowsOf(data.endpoints).flatMap(({ name, requests_last_minute: requests }): [string, number][] => {
    const count = numberOf(requests);
    const known = textOf(name);
    return count === undefined || known === undefined ? [] : [[known, count]];
  });
  const lastOnly = rowsOf(data.endpoints).flatMap(({ name, requests_last_minute: requests, last_request: last }) => {
    const [known, at] = [textOf(name), timeOf(last)];
    return known === undefined || at === undefined || numberOf(requests) !== undefined ? [] : [{ name: known, at }];
  });
  return {
    lastOnly,
    requests: requests.toSorted(([, a], [, b]) => b - a),
    judged: numberOf(data.judged),
    notJudged: rowsOf(data.not_judged).map(({ why, count }) => {
      const number = numberOf(count);
      const who = number === undefined ? 'Some endpoints' : number === 1 ? 'One endpoint' : `${number} endpoints`;
      return `${who}: ${textOf(why) ?? 'the answer does not say why'}`;
    }),
    sources: textsOf(data.sources),
  };
}
