/**
 * What may leave the machine in a contract report. It is a list of what is allowed: words of the API, names of fields, and stand-ins such as
 * `endpoint-2`. Everything else is replaced by its form, so that a person can send the report on.
 */
import { ANSWERS } from '../sandbox/answers/index.ts';
import { redact } from '../text/redact.ts';
import { shownWord } from './contract-vocabulary.ts';
import { VOCABULARY } from './contract-words.ts';

/** Kinds of things that have names. */
export type Kind = 'endpoint' | 'entity' | 'model' | 'user' | 'group' | 'app' | 'scope' | 'catalog' | 'schema';

export interface Anonymiser {
  /** Remembers every name in an answer. A word of the report is never one of them. */
  learn(value: unknown): void;
  /** The stand-in of a name. The same name always has the same one. */
  standIn(kind: Kind, name: string): string;
  /** A field of the service that no schema knows: its name, with stand-ins for parts that are no words of an API. A form when it is no word. */
  field(name: string): string;
  /** A word where the sandbox has some words: the word, with stand-ins for parts that are no words of an API. A form when it is no word. */
  word(value: unknown, among: readonly unknown[]): string;
  /** The words of a message that every message can have. @param names the names that the question had, by placeholder. */
  message(text: string, names?: Record<string, string>): string;
}

/** Keys whose values are chosen by people, or identify something. */
const NAMING =
  /name|creator|owner|principal|user|email|display|^key$|^value$|id$|url|host|comment|description|_by$|source|location|schema|catalog|docs/i;
const NOT_NAMING = /(?:kind|type|state|level)$/i;

/** The form of fields and of words of an API. */
const WORD = /^[@$_]?[A-Za-z0-9]+(?:[_/.:-][A-Za-z0-9]+)*$/;
const LONGEST_WORD = 48;

/** Fields that the schemas name. They are the API's, even when something of the workspace has the same name. */
const KNOWN_FIELDS = new Set(
  [...JSON.stringify(ANSWERS).matchAll(/"([@$\w]+)":/g)].map(([, name = '']) => name).concat('error'),
);

/** The parts of a name: `ml.prod.churn` has three. A longer text is not a name, and its words are everyone's. */
const PARTS = /[^\p{L}\p{N}_]+/u;

const MOST_WORDS = 3;

export function createAnonymiser(): Anonymiser {
  const names = new Set<string>();
  const standIns = new Map<string, string>();
  const counts = new Map<Kind | 'word', number>();

  function add(text: string): void {
    const name = text.toLowerCase();
    // A text has many words, and most of them are no names.
    if (name.length > 200) return;
    names.add(name);
    if (name.includes('://') || name.split(/\s+/).length > MOST_WORDS) return;
    for (const part of name.split(PARTS)) if (part.length > 1) names.add(part);
  }

  function learn(value: unknown, naming: boolean): void {
    if (typeof value === 'string') {
      if (naming) add(value);
    } else if (Array.isArray(value)) {
      for (const each of value) learn(each, naming);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) learn(inner, NAMING.test(key) && !NOT_NAMING.test(key));
    }
  }

  const isName = (text: string) => names.has(text.toLowerCase());

  function standIn(kind: Kind | 'word', name: string): string {
    const key = `${kind} ${name}`;
    const found = standIns.get(key);
    if (found !== undefined) return found;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    standIns.set(key, `${kind}-${count}`);
    return `${kind}-${count}`;
  }

  /** Undefined for what is no word of an API. */
  function passed(text: string): string | undefined {
    if (text.length > LONGEST_WORD || !WORD.test(text) || redact(text) !== text || formOf(text) !== PLAIN)
      return undefined;
    // A single common word names nothing, even when a tag of the workspace has it as well.
    const named = /[_/.:-]/.test(text) && isName(text);
    return shownWord(text, (part) => `‹${standIn('word', part.toLowerCase())}›`, named);
  }

  return {
    learn: (value) => learn(value, false),
    standIn(kind, name) {
      add(name);
      return standIn(kind, name);
    },
    field: (name) => (KNOWN_FIELDS.has(name) ? name : (passed(name) ?? `{a name of ${name.length} characters}`)),
    word(value, among) {
      if (typeof value !== 'string') return formOf(value);
      return among.includes(value) ? value : (passed(value) ?? formOf(value));
    },
    message(text, asked = {}) {
      let shown = text;
      for (const [placeholder, name] of Object.entries(asked)) shown = shown.replaceAll(name, `{${placeholder}}`);
      const placeholders = new Set(Object.keys(asked).map((each) => `{${each}}`));
      const tokens = shown.slice(0, 1000).split(/\s+/).filter(Boolean);
      const words = tokens.map((token) => wordOfMessage(token, placeholders));
      return words
        .filter((each, at) => each !== HIDDEN || words[at - 1] !== HIDDEN)
        .join(' ')
        .slice(0, 240);
    },
  };
}

/** Stands for words that are not shown. */
const HIDDEN = '…';

function wordOfMessage(token: string, placeholders: ReadonlySet<string>): string {
  const [, before = '', core = '', after = ''] = /^(['"([]*)(.*?)(['")\].,:;!?]*)$/su.exec(token) ?? [];
  if (placeholders.has(core)) return before + core + after;
  const plain = core.toLowerCase();
  const known = VOCABULARY.has(plain) && (core === plain || core === plain[0]?.toUpperCase() + plain.slice(1));
  return known ? before + core + after : HIDDEN;
}

const PLAIN = 'text';

/** Forms of text that say how a service writes something. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/^-?\d+$/, 'text of digits'],
  [/^\s*[{[]/, 'text that looks like JSON'],
  [/^\s*</, 'text that looks like HTML'],
  [/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'text like a UUID'],
  [/^\d{4}-\d{2}-\d{2}/, 'text like a date'],
  [/^[a-z][a-z0-9+.-]*:\/\//i, 'text like a URL'],
  [/^[^\s@]+@[^\s@]+$/, 'text like an e-mail'],
];

/** What can be said of any value without showing it. It has no length, so that rows of a list give one form. */
export function formOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'true or false';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a whole number' : 'a number with a fraction';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value !== 'string') return 'nothing';
  if (value === '') return 'empty text';
  return SHAPES.find(([form]) => form.test(value))?.[1] ?? PLAIN;
}
