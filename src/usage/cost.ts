/** What endpoints cost, at list prices (facts W10 and W11). Pure. */
import { timeText } from '../text/time.ts';
import type { Query } from './statement.ts';
import { numberIn, type Row, textIn, timeIn } from './table.ts';
import type { LastRequest } from './traffic.ts';

const MAX_GROUPS = 2_000;

/** What the rows of the report can be grouped by. Billing knows no request, so it knows no entity, requester and status. */
export const COST_GROUPINGS = ['day', 'endpoint'] as const;
export type CostGrouping = (typeof COST_GROUPINGS)[number];

const GROUPS: Readonly<Record<CostGrouping, string>> = {
  day: 'DATE(u.usage_start_time)',
  endpoint: 'u.usage_metadata.endpoint_name',
};

/** Usage with the price that was valid when it began. Every record type counts (fact W10), and no SKU is a filter. */
export function costQuery(by: CostGrouping): Query {
  const text = `SELECT ${GROUPS[by]} AS ${by}, p.currency_code AS currency, u.usage_type AS usage_type,
  SUM(u.usage_quantity) AS quantity,
  SUM(u.usage_quantity * p.pricing.effective_list.default) AS cost,
  SUM(CASE WHEN u.sku_name LIKE '%LAUNCH%' THEN u.usage_quantity * p.pricing.effective_list.default ELSE 0 END) AS waking_cost,
  SUM(CASE WHEN p.sku_name IS NULL THEN u.usage_quantity ELSE 0 END) AS unpriced,
  MAX(u.usage_start_time) AS last_usage
FROM system.billing.usage AS u
LEFT JOIN system.billing.list_prices AS p
  ON p.sku_name = u.sku_name AND p.cloud = u.cloud
  AND u.usage_start_time >= p.price_start_time
  AND (p.price_end_time IS NULL OR u.usage_start_time < p.price_end_time)
WHERE u.billing_origin_product = 'MODEL_SERVING'
  AND u.usage_start_time >= :since AND u.usage_start_time < :until
  AND (:workspace IS NULL OR u.workspace_id = :workspace)
  AND (:endpoint IS NULL OR u.usage_metadata.endpoint_name = :endpoint)
  AND (:endpoint_id IS NULL OR u.usage_metadata.endpoint_id = :endpoint_id)
GROUP BY 1, 2, 3
ORDER BY cost DESC
LIMIT ${MAX_GROUPS + 1}`;
  return {
    text,
    needs: {
      'system.billing.usage': [
        'workspace_id',
        'sku_name',
        'cloud',
        'usage_type',
        'usage_quantity',
        'usage_start_time',
        'billing_origin_product',
        'usage_metadata.endpoint_name',
        'usage_metadata.endpoint_id',
      ],
      'system.billing.list_prices': [
        'sku_name',
        'cloud',
        'currency_code',
        'price_start_time',
        'price_end_time',
        'pricing.effective_list.default',
      ],
    },
    returns: [by, 'currency', 'usage_type', 'quantity', 'cost', 'waking_cost', 'unpriced', 'last_usage'],
    rowLimit: MAX_GROUPS,
  };
}

/** The cost of one group. */
export interface Cost {
  /** Day or endpoint. Undefined where billing names no endpoint. */
  label: string | undefined;
  cost: number;
  waking: number;
  /** Units, mostly DBUs, of which {@link unpriced} have no list price and are not in the cost. */
  quantity: number;
  unpriced: number;
  /** Cost by kind of usage, such as COMPUTE_TIME. */
  kinds: Record<string, number>;
  last: number | undefined;
}

/** Groups by currency. There is one currency in practice; amounts of several are never added. */
export function costsOf(rows: readonly Row[], by: CostGrouping): { currency: string; costs: Cost[] }[] {
  const currencies = new Map<string, Map<string, Cost>>();
  const known = [...new Set(rows.flatMap((row) => textIn(row, 'currency') ?? []))];
  for (const row of rows) {
    // Usage without a price has no currency. It belongs to the only one, if there is one.
    const currency = textIn(row, 'currency') ?? known[0] ?? '';
    const groups = currencies.get(currency) ?? new Map<string, Cost>();
    currencies.set(currency, groups);
    const name = textIn(row, by);
    const label = by === 'day' ? name?.slice(0, 10) : name;
    const key = label ?? '';
    const cost = groups.get(key) ?? {
      label,
      cost: 0,
      waking: 0,
      quantity: 0,
      unpriced: 0,
      kinds: {},
      last: undefined,
    };
    const kind = textIn(row, 'usage_type') ?? 'OTHER';
    const amount = numberIn(row, 'cost') ?? 0;
    groups.set(key, {
      label,
      cost: cost.cost + amount,
      waking: cost.waking + (numberIn(row, 'waking_cost') ?? 0),
      quantity: cost.quantity + (numberIn(row, 'quantity') ?? 0),
      unpriced: cost.unpriced + (numberIn(row, 'unpriced') ?? 0),
      kinds: { ...cost.kinds, [kind]: (cost.kinds[kind] ?? 0) + amount },
      last: Math.max(cost.last ?? 0, timeIn(row, 'last_usage') ?? 0) || undefined,
    });
  }
  return [...currencies].map(([currency, groups]) => ({ currency, costs: sorted([...groups.values()], by) }));
}

function sorted(costs: Cost[], by: CostGrouping): Cost[] {
  if (by === 'day') return costs.sort((a, b) => ((a.label ?? '') < (b.label ?? '') ? -1 : 1));
  return costs.sort((a, b) => b.cost - a.cost || b.quantity - a.quantity);
}

/** The sum of groups of one currency. */
export function totalCost(costs: readonly Cost[]): Cost {
  const sum = (pick: (cost: Cost) => number) => costs.reduce((total, each) => total + pick(each), 0);
  const names = [...new Set(costs.flatMap(({ kinds }) => Object.keys(kinds)))];
  return {
    label: undefined,
    cost: sum(({ cost }) => cost),
    waking: sum(({ waking }) => waking),
    quantity: sum(({ quantity }) => quantity),
    unpriced: sum(({ unpriced }) => unpriced),
    kinds: Object.fromEntries(names.map((name) => [name, sum(({ kinds }) => kinds[name] ?? 0)])),
    last: Math.max(0, ...costs.map(({ last }) => last ?? 0)) || undefined,
  };
}

/** A cost as an answer shows it. */
export function costView(shown: Cost, by: CostGrouping | 'total') {
  const { cost, waking, quantity, unpriced, kinds, last } = shown;
  const amounts = Object.entries(kinds).map(([kind, amount]) => [kind.toLowerCase(), money(amount)] as const);
  return {
    list_cost: money(cost),
    waking_cost: waking === 0 ? undefined : money(waking),
    units: money(quantity),
    units_without_price: unpriced === 0 ? undefined : money(unpriced),
    by_kind: by !== 'day' && amounts.length > 1 ? Object.fromEntries(amounts) : undefined,
    last_usage: by === 'day' ? undefined : timeText(last),
  };
}

/** Two digits after the point, and more for small amounts. */
function money(amount: number): number {
  return Math.abs(amount) >= 1 ? Math.round(amount * 100) / 100 : Number(amount.toPrecision(2));
}

/** Endpoints that cost something in the window, by what the usage table says of their requests. */
export interface Idle {
  idle: { endpoint: string; cost: number; last: number }[];
  /** Endpoints without any row in the usage table. They may be idle, or have no usage tracking. */
  unknown: string[];
}

/**
 * Which of the endpoints cost money without a request: they still did after `since`, and had their last request before it. Only an endpoint with rows
 * in the usage table can be judged: without usage tracking there are none (fact W8).
 * @param last the last requests of all endpoints, as far back as the table goes.
 */
export function idleOf(costs: readonly Cost[], last: readonly LastRequest[], since: number): Idle {
  const times = new Map<string, number>();
  for (const { endpoint, at } of last) times.set(endpoint, Math.max(at, times.get(endpoint) ?? 0));
  const idle: Idle['idle'] = [];
  const unknown: string[] = [];
  for (const { label, cost, last: used } of costs) {
    if (label === undefined || cost <= 0 || (used !== undefined && used < since)) continue;
    const at = times.get(label);
    if (at === undefined) unknown.push(label);
    else if (at < since) idle.push({ endpoint: label, cost: money(cost), last: at });
  }
  return { idle, unknown };
}
