/** Limits of a model service + limits to set or remove → the whole list to send, because a PATCH replaces all of it (fact V7). Pure. */
import { defined } from '../rest/json.ts';
import type { ServiceLimit } from '../rest/model-services.ts';
import { canonical, differences, type FieldDiff } from './diff.ts';
import type { LimitRef, LimitWish } from './rate-limits.ts';

export type Period = 'minute' | 'hour';
/** One limit from a caller, with either `calls` or `tokens`. 0 refuses everything. */
export type ServiceLimitWish = LimitWish & { period: Period };
/** A limit to remove. Without a period it means both, and without a unit also both. */
export type ServiceLimitRef = LimitRef & { period?: Period };

const KEY = 'RATE_LIMIT_KEY_';
const PERIOD = 'RATE_LIMIT_RENEWAL_PERIOD_';

/** The key of the service for a key of our dialect. A user without a name means each user. */
function wireKey({ key, principal }: Pick<LimitRef, 'key' | 'principal'>): string {
  if (key === 'endpoint') return `${KEY}SERVICE`;
  return `${KEY}${key === 'user' && principal === undefined ? 'USER_DEFAULT' : key.toUpperCase()}`;
}

/** The key of our dialect. A key that this version does not know keeps its name. */
export function dialectKey(key: string): string {
  if (key === `${KEY}SERVICE`) return 'endpoint';
  if (key === `${KEY}USER_DEFAULT`) return 'user';
  return key.startsWith(KEY) ? key.slice(KEY.length).toLowerCase() : key;
}

/** `minute` or `hour`. A period that this version does not know keeps its name. */
export function periodOf({ renewal_period: period }: Pick<ServiceLimit, 'renewal_period'>): string {
  return period.startsWith(PERIOD) ? period.slice(PERIOD.length).toLowerCase() : period;
}

/** The list with limits added, changed and removed. Calls and tokens of one key and period are one object on the wire. */
export function planServiceLimits(
  current: readonly ServiceLimit[],
  wish: { set: readonly ServiceLimitWish[]; remove: readonly ServiceLimitRef[] },
): { limits: ServiceLimit[]; changes: FieldDiff[]; notFound: ServiceLimitRef[] } {
  let limits = [...current];
  const notFound: ServiceLimitRef[] = [];
  for (const ref of wish.remove) {
    const before = canonical(limits);
    limits = limits.flatMap((limit) =>
      isMeant(limit, ref) && has(limit, ref.unit) ? without(limit, ref.unit) : [limit],
    );
    if (canonical(limits) === before) notFound.push(ref);
  }
  for (const { key, principal, period, calls, tokens } of wish.set) {
    const renewal_period = `${PERIOD}${period.toUpperCase()}`;
    const meant = limits.filter((limit) => isMeant(limit, { key, ...defined({ principal }), period }));
    // A service may hold the two dimensions in two objects (fact V7).
    const at = limits.findIndex(
      (limit) => limit === (meant.find((each) => has(each, calls === undefined ? 'tokens' : 'calls')) ?? meant[0]),
    );
    const known = limits[at] ?? {
      ...defined({ key: wireKey({ key, ...defined({ principal }) }), principal }),
      renewal_period,
    };
    const next = { ...known, ...defined({ requests: calls, tokens }) };
    if (at < 0) limits.push(next);
    else limits[at] = next;
  }
  const view = (list: readonly ServiceLimit[]) => ({ rate_limits: limitsView(list) });
  return { limits, changes: differences(view(current), view(limits)), notFound };
}

function isMeant(limit: ServiceLimit, { key, principal, period }: ServiceLimitRef): boolean {
  return (
    limit.key === wireKey({ key, ...defined({ principal }) }) &&
    limit.principal === principal &&
    (period === undefined || periodOf(limit) === period)
  );
}

function has({ requests, tokens }: ServiceLimit, unit: LimitRef['unit']): boolean {
  return unit === undefined || (unit === 'calls' ? requests : tokens) !== undefined;
}

/** The limit without one of its dimensions, or without both. Nothing when none is left. */
function without(limit: ServiceLimit, unit: LimitRef['unit']): ServiceLimit[] {
  const { requests, tokens, ...rest } = limit;
  const left = defined({
    ...rest,
    requests: unit === 'calls' ? undefined : requests,
    tokens: unit === 'tokens' ? undefined : tokens,
  });
  return unit === undefined || (left.requests === undefined && left.tokens === undefined) ? [] : [left];
}

/** Each limit by its key, principal, unit and period: `user:a@example.com calls per minute`. */
export function limitsView(limits: readonly ServiceLimit[]): Record<string, number> {
  return Object.fromEntries(
    limits.flatMap((limit) => {
      const who = `${dialectKey(limit.key)}${limit.principal === undefined ? '' : `:${limit.principal}`}`;
      const rows: [string, number | undefined][] = [
        [`${who} calls per ${periodOf(limit)}`, limit.requests],
        [`${who} tokens per ${periodOf(limit)}`, limit.tokens],
      ];
      return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
    }),
  );
}

/** A limit in the dialect of the tools. */
export interface ServiceLimitView {
  key: string;
  principal?: string;
  period: string;
  calls?: number;
  tokens?: number;
}

/** Limits in the dialect of the tools. */
export function limitRows(limits: readonly ServiceLimit[]): ServiceLimitView[] {
  return limits.map(
    ({ key, principal, requests, tokens, ...rest }) =>
      defined({ key: dialectKey(key), principal, period: periodOf(rest), calls: requests, tokens }) as ServiceLimitView, // the others are never undefined
  );
}

/** The arguments that bring back the earlier limits. */
export function inverseLimits(
  before: readonly ServiceLimit[],
  after: readonly ServiceLimit[],
): { set: ServiceLimitWish[]; remove: ServiceLimitRef[] } {
  const rows = (list: readonly ServiceLimit[]) =>
    limitRows(list).flatMap(({ calls, tokens, ...who }) =>
      [
        { unit: 'calls' as const, value: calls },
        { unit: 'tokens' as const, value: tokens },
      ].flatMap(({ unit, value }) => (value === undefined ? [] : [{ who, unit, value }])),
    );
  const same = (a: { who: object; unit: string }, b: { who: object; unit: string }) =>
    a.unit === b.unit && canonical(a.who) === canonical(b.who);
  const [old, now] = [rows(before), rows(after)];
  // The dialect of a limit that a call made is the dialect that calls take.
  const set = old
    .filter((row) => !now.some((each) => same(each, row) && each.value === row.value))
    .map(({ who, unit, value }) => ({ ...who, [unit]: value })) as ServiceLimitWish[];
  const remove = now
    .filter((row) => !old.some((each) => same(each, row)))
    .map(({ who, unit }) => ({ ...who, unit })) as ServiceLimitRef[];
  return { set, remove };
}
