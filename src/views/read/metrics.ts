/** `get_metrics` as charts and numbers show it. Pure. */
import { isObject } from '../../rest/json.ts';
import type { Data } from '../host/host.ts';
import { numberOf, rowsOf, textOf, textsOf, timeOf } from './fields.ts';

export type Numbers = (number | null)[];

/** Numbers minute by minute. `null` is a minute without a reading. */
export interface Series {
  /** Start of the first step, in milliseconds since 1970. */
  start: number;
  /** Seconds. */
  step: number;
  requests: Numbers | undefined;
  errors_4xx: Numbers | undefined;
  errors_5xx: Numbers | undefined;
  rate_limited: Numbers | undefined;
  p95_ms: Numbers | undefined;
}

export interface Sums {
  requests: number | undefined;
  perSecond: number | undefined;
  /** Percent. */
  errors4xx: number | undefined;
  errors5xx: number | undefined;
  rateLimited: number | undefined;
  p50: number | undefined;
  p95: number | undefined;
  p99: number | undefined;
  cpu: number | undefined;
  memory: number | undefined;
  gpu: number | undefined;
  concurrency: number | undefined;
}

export interface MeasuredEntity extends Sums {
  name: string;
  percent: number | undefined;
  series: Series | undefined;
}

export interface Metrics {
  endpoint: string | undefined;
  /** Such as `11 minutes`, as the tool says it. */
  period: string | undefined;
  from: number | undefined;
  asOf: number | undefined;
  behind: number | undefined;
  total: Sums;
  series: Series | undefined;
  entities: MeasuredEntity[];
  comparisons: string[];
  missing: string[];
  notes: string[];
  notChecked: string[];
}

export function metricsOf(data: Data): Metrics {
  const series = seriesOf(data.series, undefined);
  const entities = rowsOf(data.entities).map((row, at) => ({
    name: textOf(row.entity) ?? `entity ${at + 1}`,
    percent: numberOf(row.traffic_percent),
    series: seriesOf(row.series, series),
    ...sumsOf(row),
  }));
  return {
    endpoint: textOf(data.endpoint),
    period: textOf(data.period),
    from: timeOf(data.from),
    asOf: timeOf(data.as_of),
    behind: numberOf(data.seconds_behind),
    total: sumsOf(isObject(data.total) ? data.total : {}),
    series,
    entities,
    comparisons: rowsOf(data.comparison).map(comparisonText),
    missing: textsOf(data.missing),
    notes: textsOf(data.notes),
    notChecked: textsOf(data.not_checked),
  };
}

/** @param same the series whose time axis it shares, where it has none of its own. */
function seriesOf(value: unknown, same: Series | undefined): Series | undefined {
  if (!isObject(value)) return undefined;
  const start = timeOf(value.start) ?? same?.start;
  const step = numberOf(value.step_seconds) ?? same?.step;
  if (start === undefined || step === undefined || step <= 0) return undefined;
  return {
    start,
    step,
    requests: numbersOf(value.requests),
    errors_4xx: numbersOf(value.errors_4xx),
    errors_5xx: numbersOf(value.errors_5xx),
    rate_limited: numbersOf(value.rate_limited),
    p95_ms: numbersOf(value.p95_ms),
  };
}

/** What is no number is a gap. */
function numbersOf(value: unknown): Numbers | undefined {
  if (!Array.isArray(value)) return undefined;
  const numbers = value.map((each) => numberOf(each) ?? null);
  return numbers.some((each) => each !== null) ? numbers : undefined;
}

function sumsOf(row: Data): Sums {
  return {
    requests: numberOf(row.requests),
    perSecond: numberOf(row.requests_per_second),
    errors4xx: numberOf(row.error_4xx_percent),
    errors5xx: numberOf(row.error_5xx_percent),
    rateLimited: numberOf(row.rate_limited_percent),
    p50: numberOf(row.p50_ms),
    p95: numberOf(row.p95_ms),
    p99: numberOf(row.p99_ms),
    cpu: numberOf(row.cpu_percent),
    memory: numberOf(row.memory_percent),
    gpu: numberOf(row.gpu_percent),
    concurrency: numberOf(row.provisioned_concurrency),
  };
}

/** `churn-3 against churn-2: p95 1.2 x, 5xx +0.3 points. Few requests.` */
function comparisonText(row: Data): string {
  const parts = [
    numberOf(row.p95_ratio) === undefined ? textOf(row.p95_ratio_is) : `p95 ${row.p95_ratio} x`,
    points('5xx', row.error_5xx_points),
    points('4xx', row.error_4xx_points),
  ].filter((each) => each !== undefined);
  const chance = textsOf(row.within_chance);
  const doubts = [
    chance.length > 0 ? `Chance alone explains the difference in ${chance.join(' and ')}.` : undefined,
    textOf(row.caution),
  ].filter((each) => each !== undefined);
  const names = `${textOf(row.entity) ?? 'an entity'} against ${textOf(row.against) ?? 'another'}`;
  return [`${names}: ${parts.join(', ') || 'no difference is known'}.`, ...doubts].join(' ');
}

function points(name: string, value: unknown): string | undefined {
  const found = numberOf(value);
  return found === undefined ? undefined : `${name} ${found > 0 ? '+' : ''}${found} points`;
}
