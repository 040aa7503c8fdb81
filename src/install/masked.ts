/** The text of a configuration as a person may see it: with the same lines, and with `…` for all that is not shown. Pure. */
import { createScanner, type SyntaxKind } from 'jsonc-parser';
import type { Client } from './clients.ts';
import { APPROVAL_REASON } from './entries.ts';
import { HIDDEN, type Shown } from './shown.ts';
import { type Statement, statementsOf, stringsIn } from './toml-text.ts';

/** Characters from one place up to another one. */
export type Range = readonly [from: number, to: number];

/**
 * @param text without byte order mark.
 * @param ranges what will be shown, by whole lines. The rest of the text stays as it is: a file of many megabytes has a few lines to hide.
 */
export function masked(client: Client, text: string, shown: Shown, ranges: readonly Range[]): string {
  const isInside = ([from, to]: Range) => ranges.some(([start, end]) => from < end && to > start);
  const hidden = client.format.syntax === 'toml' ? tomlParts(text, shown, isInside) : jsonParts(text, shown, isInside);
  const pieces: string[] = [];
  let done = 0;
  for (const { from, to, as } of hidden) {
    pieces.push(text.slice(done, from), as);
    done = to;
  }
  return pieces.join('') + text.slice(done);
}

/** A value of an entry in the same way. */
export function maskedValue(shown: Shown, value: unknown, path: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((each, index) => maskedValue(shown, each, [...path, String(index)]));
  if (typeof value !== 'object' || value === null) return shown.value(path, value) ? value : HIDDEN;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const at = [...path, key];
      return [shown.key(at) ? key : HIDDEN, maskedValue(shown, inner, at)];
    }),
  );
}

interface Part {
  from: number;
  to: number;
  as: string;
}

/** As many lines as before, so that the numbers of lines in a difference stay right. */
const hide = (literal: string) => (literal.includes('\n') ? literal.replace(/[^\r\n]+/g, HIDDEN) : HIDDEN);

/** The scanner's numbers for its tokens, which are a constant enum without values. */
const TOKEN = {
  object: 1,
  objectEnd: 2,
  list: 3,
  listEnd: 4,
  comma: 5,
  colon: 6,
  string: 10,
  comment: 12,
  block: 13,
  lineBreak: 14,
  blank: 15,
  end: 17,
} satisfies Record<string, SyntaxKind>;

/** Where the scanner is: an object with its key, or a list with the number of its item. */
interface Level {
  kind: 'object' | 'list';
  key: string;
  item: number;
  /** The next text of an object is a key. */
  atKey: boolean;
}

/** A scanner instead of a tree: its work is linear, and no depth is too deep for it. */
function jsonParts(text: string, shown: Shown, isInside: (range: Range) => boolean): Part[] {
  const scanner = createScanner(text);
  const parts: Part[] = [];
  const levels: Level[] = [];
  const path = () => levels.map(({ kind, key, item }) => (kind === 'object' ? key : String(item)));
  for (let token: number = scanner.scan(); token !== TOKEN.end; token = scanner.scan()) {
    const level = levels.at(-1);
    if (token === TOKEN.object || token === TOKEN.list) {
      levels.push({ kind: token === TOKEN.object ? 'object' : 'list', key: '', item: 0, atKey: true });
      continue;
    }
    if (token === TOKEN.objectEnd || token === TOKEN.listEnd) levels.pop();
    if (level && token === TOKEN.comma) {
      level.item++;
      level.atKey = true;
    }
    if (token <= TOKEN.colon || token === TOKEN.lineBreak || token === TOKEN.blank) continue;
    const from = scanner.getTokenOffset();
    const to = from + scanner.getTokenLength();
    const isKey = level?.kind === 'object' && level.atKey && token === TOKEN.string;
    if (isKey) {
      level.key = scanner.getTokenValue();
      level.atKey = false;
    }
    if (!isInside([from, to])) continue;
    if (token === TOKEN.comment)
      parts.push({ from, to: from + text.slice(from, to).trimEnd().length, as: `// ${HIDDEN}` });
    else if (token === TOKEN.block) {
      const comment = text.slice(from, to);
      parts.push({ from, to, as: comment.includes('\n') ? hide(comment) : `/* ${HIDDEN} */` });
    } else if (isKey) {
      if (!shown.key(path())) parts.push({ from, to, as: `"${HIDDEN}"` });
    } else if (!shown.value(path(), parsed(text.slice(from, to)))) parts.push({ from, to, as: HIDDEN });
  }
  return parts;
}

function parsed(literal: string): unknown {
  try {
    return JSON.parse(literal);
  } catch {
    return undefined;
  }
}

const REASON = APPROVAL_REASON.split('\n').map((line) => `# ${line}`);

function tomlParts(text: string, shown: Shown, isInside: (range: Range) => boolean): Part[] {
  const parts: Part[] = [];
  let table: readonly string[] = [];
  let done = 0;
  const between = (from: number, to: number) => {
    if (to > from && isInside([from, to])) parts.push({ from, to, as: comments(text.slice(from, to)) });
  };
  for (const statement of statementsOf(text)) {
    const { kind, path, start, end } = statement;
    between(done, start);
    done = end;
    if (kind === 'table') table = path;
    if (!isInside([start, end])) continue;
    const as = kind === 'table' ? headerOf(text, statement, shown) : pairOf(text, statement, table, shown);
    parts.push({ from: start, to: end, as });
  }
  between(done, text.length);
  return parts;
}

/** Lines that are empty or comments. Only our own comment is shown. */
function comments(text: string): string {
  return text.replace(/[^\r\n]+/g, (line) => {
    if (line.trim() === '' || REASON.includes(line.trim())) return line;
    return `${/^[ \t]*/.exec(line)?.[0] ?? ''}# ${HIDDEN}`;
  });
}

/** What follows a value or a header in its line: a comment, and the line end. */
function restOf(text: string, from: number, to: number): string {
  const rest = text.slice(from, to);
  return `${rest.includes('#') ? ` # ${HIDDEN}` : ''}${/\r?\n$/.exec(rest)?.[0] ?? ''}`;
}

/** The names of a path as they are written in TOML. */
function namesOf(path: readonly string[], first: number, shown: Shown): string {
  const names = path.map((name, index) => (shown.key(path.slice(0, index + 1)) ? name : HIDDEN)).slice(first);
  return names.map((name) => (/^[\w-]+$/.test(name) || name === HIDDEN ? name : JSON.stringify(name))).join('.');
}

function headerOf(text: string, { path, start, end, value: [at] }: Statement, shown: Shown): string {
  const [, indent = '', open = ''] = /^([ \t]*)(\[+)/.exec(text.slice(start, at)) ?? [];
  return `${indent}${open}${namesOf(path, 0, shown)}${']'.repeat(open.length)}${restOf(text, at, end)}`;
}

function pairOf(text: string, statement: Statement, table: readonly string[], shown: Shown): string {
  const { start, end } = statement;
  const [from, to] = statement.value;
  const path = [...table, ...statement.path];
  const indent = /^[ \t]*/.exec(text.slice(start, from))?.[0] ?? '';
  const literal = text.slice(from, to);
  const isOwn = shown.isOwn(path);
  const value = !isOwn
    ? hide(literal)
    : literal.startsWith('[')
      ? listOf(literal, path, shown)
      : scalarOf(literal, path, shown);
  return `${indent}${namesOf(path, table.length, shown)} = ${value}${restOf(text, to, end)}`;
}

function scalarOf(literal: string, path: readonly string[], shown: Shown): string {
  const [text] = stringsIn(literal);
  const value = text?.from === 0 && text.to === literal.length ? text.value : parsed(literal);
  return shown.value(path, value) ? literal : hide(literal);
}

/** A list of texts. Anything else in a list is hidden. */
function listOf(literal: string, path: readonly string[], shown: Shown): string {
  let done = 0;
  const outside = (text: string) => text.replace(/#[^\r\n]*/g, `# ${HIDDEN}`).replace(/[^\s,[\]#…]+/g, HIDDEN);
  const pieces = stringsIn(literal).map(({ value, from, to }, index) => {
    const before = outside(literal.slice(done, from));
    done = to;
    return (
      before + (shown.value([...path, String(index)], value) ? literal.slice(from, to) : hide(literal.slice(from, to)))
    );
  });
  return pieces.join('') + outside(literal.slice(done));
}
