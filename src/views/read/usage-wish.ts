/** What a person asks of `get_usage`: report, window, grouping and warehouse, and the refusals that offer a choice. Pure. */
import { isObject } from '../../rest/json.ts';
import type { Answer, Data } from '../host/host.ts';
import { rowsOf, textOf } from './fields.ts';

export const REPORTS: readonly (readonly [name: string, title: string])[] = [
  ['traffic', 'Traffic'],
  ['cost', 'Cost'],
  ['releases', 'Releases'],
  ['failed_requests', 'Failed requests'],
];

const DAYS: Readonly<Record<string, { usual: number; others: readonly number[] }>> = {
  traffic: { usual: 7, others: [1, 7, 30, 90] },
  cost: { usual: 30, others: [7, 30, 90, 365] },
  releases: { usual: 30, others: [7, 30, 90, 365] },
  failed_requests: { usual: 1, others: [1, 7, 30] },
};

/** Each value of `since` with its words. The usual window of a report is no value. */
export function windowsOf(report: string): [value: string, title: string][] {
  const { usual, others } = DAYS[report] ?? { usual: 7, others: [7] };
  return others.map((days) => [days === usual ? '' : `${days}d`, days === 1 ? 'Last day' : `Last ${days} days`]);
}

/** Each value of `by` with its words. None for a report without groups. */
export function groupingsOf(report: string): [value: string, title: string][] {
  const known: [string, string][] = [
    ['day', 'by day'],
    ['endpoint', 'by endpoint'],
    ['entity', 'by served entity'],
    ['requester', 'by requester'],
    ['status', 'by status'],
  ];
  if (report === 'traffic') return known;
  return report === 'cost' ? known.slice(0, 2) : [];
}

export interface Wish {
  report: string;
  endpoint: string | undefined;
  /** Empty: the tool chooses. */
  since: string;
  until: string | undefined;
  by: string;
  /** Its id or name. */
  warehouse: string | undefined;
  /** A person agreed that this one call may start it. */
  start: boolean;
}

/** The wish behind an answer that the host showed, or the first one of this view. */
export function firstWish(given: Answer | undefined, endpoint: string | undefined): Wish {
  const { args = {}, data = {} } = given ?? {};
  const text = (field: string) => textOf(args[field]) ?? textOf(data[field]);
  return {
    report: text('report') ?? 'traffic',
    endpoint: text('endpoint') ?? textOf(data.model_service) ?? endpoint,
    since: textOf(args.since) ?? '',
    until: textOf(args.until),
    by: text('by') ?? '',
    warehouse: textOf(args.warehouse),
    start: false,
  };
}

/** Another wish. It starts no warehouse, unless this very change says so. */
export function changed(wish: Wish, change: Partial<Wish>): Wish {
  const next = { ...wish, start: false, ...change };
  if (next.report !== wish.report) return { ...next, since: '', until: undefined, by: '' };
  return change.since === undefined ? next : { ...next, until: undefined };
}

/** The arguments of the call. */
export function argsOf({ report, endpoint, since, until, by, warehouse, start }: Wish): Data {
  return {
    report,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(since === '' ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(by === '' ? {} : { by }),
    ...(warehouse === undefined ? {} : { warehouse }),
    ...(start ? { start_warehouse: true } : {}),
  };
}

export interface Warehouse {
  id: string;
  name: string;
  /** As the service says it, or `not known`. */
  state: string;
  size: string | undefined;
  /** A statement would start it, and that costs money. */
  isStopped: boolean;
}

/** The warehouses that a refusal names. @param data the refusal. */
export function warehousesIn(data: Data): Warehouse[] {
  const rows = [...rowsOf([data.warehouse]), ...rowsOf(data.warehouses), ...rowsOf(data.running)];
  const found = rows.flatMap((row): Warehouse[] => {
    const id = textOf(row.id) ?? textOf(row.name);
    if (id === undefined) return [];
    const state = textOf(row.state) ?? 'not known';
    return [
      {
        id,
        name: textOf(row.name) ?? id,
        state,
        size: textOf(row.size),
        isStopped: !/^(running|starting)$/.test(state),
      },
    ];
  });
  return found.filter(({ id }, at) => found.findIndex((each) => each.id === id) === at);
}

/** Whether a call of this server may start a warehouse: one that is read-only never does. */
export function mayStart({ error }: Data): boolean {
  return !isObject(error) || error.code !== 'read_only';
}
