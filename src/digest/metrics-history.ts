/**
 * The answer of the route for earlier metrics as readings. Nothing public shows its body (fact L14). So this accepts the forms in which such values are
 * commonly written, and says when it finds none of them. Pure.
 */
import { isTooDeep } from '../depth.ts';
import { isObject } from '../rest/json.ts';
import { clip } from '../text/sanitize.ts';
import { isExposition, parseExposition, type Sample } from './exposition.ts';
import { isRead } from './metrics.ts';
import { MINUTE_MS, type Period, type Reading } from './readings.ts';

/** Samples of one answer. An hour of an endpoint with ten entities has 40,000. */
const MAX_SAMPLES = 200_000;
/** The service and this machine may round the ends of a period differently. Milliseconds. */
const SLACK_MS = 2 * MINUTE_MS;

/** The readings of an answer, oldest first, or why it has none. */
export type History = { readings: Reading[]; notes: string[] } | { why: string };

/** @param asked the period that the request named. Values outside are not used. */
export function readHistory(text: string, asked: Period): History {
  const found: Sample[] = [];
  const value = parse(text);
  if (value === undefined && isExposition(text)) found.push(...parseExposition(text));
  else if (isTooDeep(value)) return { why: 'metrics-history answered with JSON that is nested too deep' };
  else walk(value, { labels: {} }, found);
  const used = found.filter(
    ({ name, at }) => isRead(name) && at !== undefined && at >= asked.from - SLACK_MS && at <= asked.to + SLACK_MS,
  );
  const readings = byMinute(used);
  if (readings.length > 0) return { readings, notes: coarseness(readings) };
  if (found.length > 0) return { why: 'metrics-history answered without values of these minutes' };
  return { why: `metrics-history answered in a form that this server does not know (${formOf(text, value)})` };
}

/** What the values around a value say about it. */
interface Around {
  name?: string;
  labels: Record<string, string>;
  at?: number;
}

const NAME_FIELDS = ['__name__', 'name', 'metric', 'metric_name', 'metricName', 'series', 'id', 'key'];
const TIME_FIELDS = ['timestamp', 'timestamp_ms', 'time', 'ts', 't'];
const VALUE_FIELDS = ['value', 'v', 'val', 'y'];
const LABEL_FIELDS = ['labels', 'metric', 'dimensions', 'tags', 'attributes'];
const TIMES_FIELDS = ['timestamps', 'times', 'time', 'x'];

/** Collects the samples of a JSON value, in whatever nesting. */
function walk(value: unknown, around: Around, found: Sample[]): void {
  if (found.length >= MAX_SAMPLES) return;
  if (Array.isArray(value)) walkList(value, around, found);
  else if (isObject(value)) walkObject(value, around, found);
  else if (isText(value)) {
    for (const sample of parseExposition(value)) found.push({ ...around, ...sample });
  } else add(value, around, found);
}

/** A list of points `[time, value]`, or of anything else. */
function walkList(list: readonly unknown[], around: Around, found: Sample[]): void {
  for (const each of list) {
    const pair = Array.isArray(each) && each.length === 2 ? each : undefined;
    const at = pair && timeOf(pair[0]);
    if (at !== undefined && around.name !== undefined) add(pair?.[1], { ...around, at }, found);
    else walk(each, around, found);
  }
}

function walkObject(object: Record<string, unknown>, outer: Around, found: Sample[]): void {
  const around = { ...outer, labels: { ...outer.labels, ...labelsOf(object) } };
  const holders = [object, ...LABEL_FIELDS.flatMap((field) => (isObject(object[field]) ? [object[field]] : []))];
  const name = holders.flatMap((each) => NAME_FIELDS.flatMap((field) => seriesName(each[field]) ?? []))[0];
  if (name !== undefined) around.name = name;
  const at = TIME_FIELDS.flatMap((field) => timeOf(object[field]) ?? [])[0];
  if (at !== undefined) around.at = at;
  const times = TIMES_FIELDS.flatMap((field) => timesOf(object[field]) ?? []);
  for (const [key, value] of Object.entries(object)) {
    if (TIMES_FIELDS.includes(key) || (LABEL_FIELDS.includes(key) && isObject(value))) continue;
    const inner = { ...around, ...named(key) };
    if (times.length > 0) walkColumns(value, times, inner, found);
    else if (VALUE_FIELDS.includes(key) || inner.name !== around.name || typeof value === 'object' || isText(value))
      walk(value, inner, found);
  }
}

/** Values in the order of the times next to them, also one level deeper, by name. */
function walkColumns(value: unknown, times: readonly number[], around: Around, found: Sample[]): void {
  if (Array.isArray(value) && value.length === times.length && value.every((each) => !isObject(each))) {
    for (const [index, each] of value.entries()) add(each, { ...around, ...at(times[index]) }, found);
  } else if (Array.isArray(value)) {
    for (const each of value) walkColumns(each, times, around, found);
  } else if (isObject(value)) {
    const inner = { ...around, labels: { ...around.labels, ...labelsOf(value) } };
    const name = NAME_FIELDS.flatMap((field) => seriesName(value[field]) ?? [])[0];
    if (name !== undefined) inner.name = name;
    for (const [key, each] of Object.entries(value))
      if (!TIMES_FIELDS.includes(key)) walkColumns(each, times, { ...inner, ...named(key) }, found);
  }
}

const at = (time: number | undefined) => (time === undefined ? {} : { at: time });
const named = (key: string) => {
  const name = seriesName(key);
  return name === undefined ? {} : { name };
};

/** A number with a name and a time is a sample. Prometheus writes numbers as text. */
function add(value: unknown, { name, labels, at: time }: Around, found: Sample[]): void {
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  if (name === undefined || time === undefined || !Number.isFinite(number) || found.length >= MAX_SAMPLES) return;
  found.push({ name, labels, value: number, at: time });
}

/** The texts of an object, which tell one series from another, and the bound of a bucket. */
function labelsOf(object: Record<string, unknown>): Record<string, string> {
  const texts = (each: Record<string, unknown>) =>
    Object.entries(each).flatMap(([key, value]): [string, string][] => {
      if (key === 'le' && (typeof value === 'number' || typeof value === 'string')) return [[key, String(value)]];
      const other = seriesName(value) !== undefined || TIME_FIELDS.includes(key) || VALUE_FIELDS.includes(key);
      return typeof value === 'string' && !other && !isText(value) ? [[key, value]] : [];
    });
  const own = texts(object).filter(([key]) => !LABEL_FIELDS.includes(key));
  const inside = LABEL_FIELDS.flatMap((field) => (isObject(object[field]) ? texts(object[field]) : []));
  return Object.fromEntries([...own, ...inside]);
}

/** The name of a series that answers use, in lower case and without a prefix such as `databricks.model_serving.`. */
function seriesName(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 200) return undefined;
  const name = value.toLowerCase().replace(/^.*\./, '');
  return isRead(name) ? name : undefined;
}

/** Times before this are no milliseconds, and times before the second are no seconds: 1973 and 2001. */
const FIRST_MS = 1e11;
const FIRST_S = 1e9;

function timeOf(value: unknown): number | undefined {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) {
    const time = Date.parse(value);
    return Number.isFinite(time) ? time : undefined;
  }
  const time = typeof value === 'string' && /^\d{10,16}(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof time !== 'number' || !Number.isFinite(time) || time < FIRST_S || time > 8.64e15) return undefined;
  return time < FIRST_MS ? time * 1000 : time;
}

function timesOf(value: unknown): number[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const times = value.flatMap((each) => timeOf(each) ?? []);
  return times.length === value.length ? times : undefined;
}

/** A text of metrics inside JSON, not a word. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && /\s/.test(value.trim()) && value.trim() !== '' && isExposition(value);
}

/** One reading for each minute. Of several values of a series in one minute, the latest is that of the minute that ends there. */
function byMinute(samples: readonly Sample[]): Reading[] {
  const minutes = new Map<number, Map<string, Sample>>();
  for (const sample of samples) {
    const minute = Math.floor((sample.at ?? 0) / MINUTE_MS);
    const series = minutes.get(minute) ?? new Map<string, Sample>();
    minutes.set(minute, series);
    const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if ((series.get(key)?.at ?? 0) <= (sample.at ?? 0)) series.set(key, sample);
  }
  return [...minutes.values()]
    .map((series): Reading => {
      const latest = [...series.values()];
      return { at: latest.reduce((end, each) => Math.max(end, each.at ?? 0), 0), samples: latest, from: 'history' };
    })
    .sort((a, b) => a.at - b.at);
}

/** A value of several minutes could be their sum or the last of them, so it counts as one minute. */
function coarseness(readings: readonly Reading[]): string[] {
  const steps = readings.slice(1).map(({ at: end }, index) => end - (readings[index]?.at ?? end));
  const usual = steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? MINUTE_MS;
  const minutes = Math.round(usual / MINUTE_MS);
  return minutes <= 1 ? [] : [`metrics-history has a value every ${minutes} minutes; each counts as one minute`];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The form of an answer in a few words. The names are text from outside. */
function formOf(text: string, value: unknown): string {
  if (value === undefined) return `${text.length} characters that are no JSON`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (!isObject(value)) return typeof value;
  const fields = Object.keys(value);
  return fields.length === 0 ? 'an empty object' : `fields ${clip(fields.slice(0, 6).join(', '), 120)}`;
}
