/** Compares the metrics text with the sandbox's: names, types, labels and times. Pure. */
import { METRIC_LABELS, METRICS } from '../sandbox/answers/index.ts';
import type { Anonymiser } from './contract-anonymiser.ts';
import type { Finding } from './contract-compare.ts';

/** More lines are not compared: they repeat the same series for other entities. */
const MAX_LINES = 5_000;
const MINUTE = 60_000;
const LINE = /^([A-Za-z_:][\w:]*)(?:\{([^{}]*)\})? (\S+)(?: (\d+))?(?: #.*)?$/;
const LABEL = /([A-Za-z_]\w*)="(?:[^"\\]|\\.)*"/g;
const TYPE = /^# TYPE (\S+) (\S+)$/;

const SERIES = 'data.metrics-gauges';
const LABELS = 'data.metrics-type';
const IDLE = 'data.metrics-idle';

/** Every series has these, whatever the endpoint does. */
const ALWAYS = ['request_count_total', 'request_4xx_count_total', 'request_5xx_count_total'];

const known: ReadonlyMap<string, string> = new Map(
  Object.entries(METRICS).flatMap(([type, names]) => names.map((name): [string, string] => [name, type])),
);

/** Every place in which the text differs, each once. */
export function compareMetrics(text: string, anonymiser: Anonymiser): Finding[] {
  const found = new Map<string, Finding>();
  const say = (pointer: string, sandbox: string, service: string, row: string) =>
    found.set(`${pointer} ${service}`, { pointer, sandbox, service, row });
  const names = new Set<string>();
  for (const line of text.split(/\r?\n/).slice(0, MAX_LINES)) {
    const typed = TYPE.exec(line);
    if (typed) {
      compareType(typed[1] ?? '', typed[2] ?? '', anonymiser, say);
      continue;
    }
    if (line === '' || line.startsWith('#')) continue;
    const sample = LINE.exec(line);
    if (!sample) {
      say('/', 'lines of the exposition format', 'a line of another form', SERIES);
      continue;
    }
    const [, name = '', labels = '', value = '', time] = sample;
    names.add(name.replace(/_(?:bucket|sum|count)$/, '')).add(name);
    compareLabels(name, labels, anonymiser, say);
    compareTime(time, say);
    if (/^request_(?:\dxx_)?count_total$/.test(name) && !value.includes('.') && /^\d+$/.test(value))
      say(`/${name}`, 'counts with a fraction, such as 4.0', 'whole numbers', IDLE);
  }
  for (const name of ALWAYS) if (!names.has(name)) say(`/${name}`, 'always there', 'absent', IDLE);
  return [...found.values()];
}

type Say = (pointer: string, sandbox: string, service: string, row: string) => void;

const TYPES = ['gauge', 'counter', 'histogram', 'summary', 'untyped', 'unknown', 'info', 'stateset'];

function compareType(name: string, type: string, anonymiser: Anonymiser, say: Say): void {
  const shown = TYPES.includes(type) ? type : 'another type';
  const expected = known.get(name);
  if (expected === undefined) say(`/${anonymiser.field(name)}`, 'no such series', shown, SERIES);
  else if (expected !== type) say(`/${name}`, expected, shown, SERIES);
}

function compareLabels(name: string, text: string, anonymiser: Anonymiser, say: Say): void {
  const labels = [...text.matchAll(LABEL)].map(([, label = '']) => label);
  const expected: readonly string[] = METRIC_LABELS;
  for (const label of labels)
    if (!expected.includes(label) && !(label === 'le' && name.endsWith('_bucket')))
      say(`/labels/${anonymiser.field(label)}`, 'no such label', 'sent', LABELS);
  for (const label of expected) if (!labels.includes(label)) say(`/labels/${label}`, 'always there', 'absent', LABELS);
}

function compareTime(time: string | undefined, say: Say): void {
  if (time === undefined) say('/timestamp', 'milliseconds', 'absent', SERIES);
  else if (time.length < 13) say('/timestamp', 'milliseconds', 'another unit', SERIES);
  else if (Number(time) % MINUTE !== 0) say('/timestamp', 'a full minute', 'another moment', SERIES);
}
