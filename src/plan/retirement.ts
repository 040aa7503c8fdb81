/** Notices of retirement in the descriptions of foundation models (fact F4). Descriptions are text from outside. Pure. */
import type { Endpoint } from '../rest/endpoints.ts';
import { MAX_DESCRIPTION, modelOf } from './foundation.ts';

export interface Retirement {
  /** The sentence that announces it. */
  notice: string;
  /** A day or a month, as ISO text. Absent when the notice has none, or several. */
  date?: string;
  /** The endpoint that the notice names in the place of this one. */
  successor?: string;
}

/** The notice in the description of a model, with its date and the successor that it names. Undefined when there is none. @param all names the models that can succeed it. */
export function retirement(endpoint: Endpoint, all: readonly Endpoint[] = []): Retirement | undefined {
  const text = [modelOf(endpoint)?.description, endpoint.description]
    .filter((each) => typeof each === 'string')
    .join(' ');
  const sentences = text.slice(0, MAX_DESCRIPTION).split(SENTENCE_END);
  const at = sentences.findIndex((sentence) => /\b(?:retir|deprecat|end[- ]of[- ]life|sunset)/i.test(sentence));
  const notice = sentences[at];
  if (notice === undefined) return undefined;
  const [date, ...others] = new Set(datesIn(notice));
  const successor = successorIn(sentences.slice(at), endpoint, all);
  return {
    notice,
    ...(date === undefined || others.length > 0 ? {} : { date }),
    ...(successor === undefined ? {} : { successor }),
  };
}

/** A dot inside a version (Claude 3.7) or after a short month (Mar. 12) ends no sentence. */
const SENTENCE_END = /(?<=[.!?])(?<!\b(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.)\s+/i;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH = `(${MONTHS.map((month) => `${month}[a-z]*`).join('|')})`;
const ISO = /\b(20\d\d)-(\d\d)-(\d\d)\b/g;
const MONTH_FIRST = new RegExp(`\\b${MONTH}\\.?\\s+(?:(\\d{1,2})(?:st|nd|rd|th)?,?\\s+)?(20\\d\\d)\\b`, 'gi');
const DAY_FIRST = new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th)?\\s+${MONTH}\\.?,?\\s+(20\\d\\d)\\b`, 'gi');

/** Dates in the forms `2026-03-12`, `March 12, 2026`, `March 2026` and `12 March 2026`. */
function datesIn(text: string): string[] {
  const days = [...text.matchAll(DAY_FIRST)].map(([, day, month, year]) => dated(year, monthOf(month), day));
  const rest = text.replaceAll(DAY_FIRST, ' ');
  return [
    ...[...text.matchAll(ISO)].map(([iso]) => iso),
    ...days,
    ...[...rest.matchAll(MONTH_FIRST)].map(([, month, day, year]) => dated(year, monthOf(month), day)),
  ];
}

function monthOf(word = ''): number {
  return MONTHS.indexOf(word.slice(0, 3).toLowerCase()) + 1;
}

function dated(year = '', month: number, day?: string): string {
  return [year, String(month).padStart(2, '0'), ...(day === undefined ? [] : [day.padStart(2, '0')])].join('-');
}

const INSTEAD =
  /\b(?:move|migrat\w*|switch|transition\w*|upgrad\w*|use|instead|replac\w+|success\w+|recommend\w*|redirect\w*)\b/i;

/** The one other model that these sentences recommend, by its endpoint or by its full display name. Undefined for none, and for several. */
function successorIn(sentences: string[], endpoint: Endpoint, all: readonly Endpoint[]): string | undefined {
  const text = sentences.filter((sentence) => INSTEAD.test(sentence)).join(' ');
  const named = new Set([...text.matchAll(/\bdatabricks-[a-z0-9]+(?:-[a-z0-9]+)*\b/g)].map(([name]) => name));
  if (named.size === 0) for (const name of shownIn(text, all)) named.add(name);
  named.delete(endpoint.name);
  const [only, ...others] = named;
  return others.length > 0 ? undefined : only;
}

/** Endpoints whose display names a text contains. A name inside a longer one (Claude Sonnet 4 in Claude Sonnet 4.6) does not count. */
function shownIn(text: string, all: readonly Endpoint[]): string[] {
  const named = all.flatMap((each) => ({ endpoint: each.name, name: modelOf(each)?.display_name ?? '' }));
  let rest = text;
  const found: string[] = [];
  for (const { endpoint, name } of named.sort((a, b) => b.name.length - a.name.length)) {
    if (name === '' || !rest.includes(name)) continue;
    found.push(endpoint);
    rest = rest.replaceAll(name, ' ');
  }
  return found;
}
