/**
 * Edits of TOML texts that keep every other byte. No maintained library edits TOML without touching comments or order, so this finds the statements of
 * a text that a parser has accepted, and cuts and inserts lines. The caller compares the values before and after with the parser. Pure.
 */
import { parse, type TomlTable } from 'smol-toml';
import { isTooDeep, MAX_DEPTH } from '../depth.ts';
import { FileProblem } from './problem.ts';

/** @throws FileProblem with the place that the parser names. */
export function readToml(text: string): TomlTable {
  try {
    const table = parse(text);
    if (!isTooDeep(table)) return table;
  } catch (error) {
    if (error instanceof RangeError) throw new FileProblem('is too long or nested too deeply to be read');
    const { line, column, message } = error as { line?: number; column?: number; message?: string };
    // The parser's message goes on with lines of the file, which may hold secrets.
    const [first = ''] = (message ?? '').replace(/^Invalid TOML document: /, '').split('\n');
    throw new FileProblem(
      `is not TOML: ${first}`,
      line === undefined || column === undefined ? undefined : { line, column },
    );
  }
  throw new FileProblem(`is nested more than ${MAX_DEPTH} levels deep`);
}

/** A header or a pair. Its lines go from `start` up to `end`, with the line end. */
export interface Statement {
  kind: 'table' | 'pair';
  /** The path of a header, or of a key within its table. */
  path: readonly string[];
  start: number;
  end: number;
  /** Where the value of a pair is. */
  value: readonly [number, number];
}

const STRING = /"""(?:[^\\]|\\[\s\S])*?"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y;
const KEY =
  /(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')(?:[ \t]*\.[ \t]*(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'))*/y;

/** The statements of a valid text, in their order. */
export function statementsOf(text: string): Statement[] {
  const statements: Statement[] = [];
  for (let start = 0; start < text.length; ) {
    const from = start + (/^[ \t]*/.exec(text.slice(start))?.[0].length ?? 0);
    const header = text[from] === '[';
    const keyStart = header ? from + (/^\[+[ \t]*/.exec(text.slice(from))?.[0].length ?? 0) : from;
    KEY.lastIndex = keyStart;
    const key = KEY.exec(text)?.[0];
    if (key === undefined) {
      start = endOfLine(text, start); // empty, or a comment
      continue;
    }
    const after = keyStart + key.length;
    const valueStart = header ? after : after + (/^[ \t]*=[ \t]*/.exec(text.slice(after))?.[0].length ?? 0);
    const valueEnd = header ? after : endOfValue(text, valueStart);
    const end = endOfLine(text, valueEnd);
    statements.push({ kind: header ? 'table' : 'pair', path: pathOf(key), start, end, value: [valueStart, valueEnd] });
    start = end;
  }
  return statements;
}

/** The names of a dotted key, quoted or not. */
function pathOf(key: string): string[] {
  if (/^[\w-]+$/.test(key)) return [key];
  const path: string[] = [];
  for (let table: unknown = parse(`${key} = 0`); typeof table === 'object' && table !== null; ) {
    const [entry] = Object.entries(table);
    if (!entry) break;
    path.push(entry[0]);
    table = entry[1];
  }
  return path;
}

/** The start of the next line. */
function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end + 1;
}

/** The end of a value, which may have several lines. Comments and blanks after it do not belong to it. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  let end = from;
  for (let at = from; at < text.length; ) {
    STRING.lastIndex = at;
    const string = STRING.exec(text)?.[0];
    const sign = text.charAt(at);
    if (string === undefined && depth === 0 && /[\n#]/.test(sign)) break;
    if (string === undefined && sign === '#') {
      at = endOfLine(text, at);
      continue;
    }
    if (string === undefined && /[[{]/.test(sign)) depth++;
    if (string === undefined && /[\]}]/.test(sign)) depth--;
    at += string?.length ?? 1;
    if (!/\s/.test(sign)) end = at;
  }
  return end;
}

const startsWith = (path: readonly string[], prefix: readonly string[]) =>
  prefix.every((name, index) => path[index] === name);
const isSame = (path: readonly string[], other: readonly string[]) =>
  path.length === other.length && startsWith(path, other);

/** One field of a table, with comment lines in front of it. */
export interface Field {
  key: string;
  value: string | number | readonly string[];
  comment?: string;
}

/** The text with a new table at its end, after an empty line. It ends as before: with a line end, or without. */
export function withTable(text: string, path: readonly string[], fields: readonly Field[]): string {
  const eol = eolOf(text);
  const table = [`[${path.map(keyText).join('.')}]`, ...fields.flatMap(fieldLines)].join(eol);
  if (text === '') return table + eol;
  return text.endsWith('\n') ? `${text}${eol}${table}${eol}` : `${text}${eol}${eol}${table}`;
}

/** Whether a table has a header of its own. Only then can its fields be edited. */
export function hasHeader(text: string, path: readonly string[]): boolean {
  return statementsOf(text).some((each) => each.kind === 'table' && isSame(each.path, path));
}

/** The text with these fields in a table that has a header. Other fields stay, and so do comments. */
export function withFields(text: string, path: readonly string[], fields: readonly Field[]): string {
  return fields.reduce((edited, field) => withField(edited, path, field), text);
}

function withField(text: string, path: readonly string[], field: Field): string {
  const statements = statementsOf(text);
  const at = statements.findIndex((each) => each.kind === 'table' && isSame(each.path, path));
  const header = statements[at];
  if (!header) return text;
  const rest = statements.slice(at + 1);
  const next = rest.findIndex((each) => each.kind === 'table');
  const pairs = next < 0 ? rest : rest.slice(0, next);
  const pair = pairs.find((each) => isSame(each.path, [field.key]));
  if (pair) return text.slice(0, pair.value[0]) + valueText(field.value) + text.slice(pair.value[1]);
  const { end } = pairs.at(-1) ?? header;
  const eol = eolOf(text);
  const lines = fieldLines(field).join(eol);
  const before = text.slice(0, end);
  return before.endsWith('\n') ? `${before}${lines}${eol}${text.slice(end)}` : `${before}${eol}${lines}`;
}

/** The text without a table and the tables in it: the inverse of {@link withTable}. The empty line before it goes, too. */
export function withoutTable(text: string, path: readonly string[]): string {
  const statements = statementsOf(text);
  let edited = text;
  for (const [index, header] of [...statements.entries()].reverse()) {
    if (header.kind !== 'table' || !startsWith(header.path, path)) continue;
    const rest = statements.slice(index + 1);
    const next = rest.findIndex((each) => each.kind === 'table');
    const { end } = (next < 0 ? rest : rest.slice(0, next)).at(-1) ?? header;
    let before = edited.slice(0, header.start).replace(/(^|\n)\r?\n$/, '$1');
    const after = edited.slice(end);
    if (after === '' && !edited.endsWith('\n')) before = before.replace(/\r?\n$/, '');
    edited = before + after;
  }
  return edited;
}

function fieldLines({ key, value, comment }: Field): string[] {
  const line = `${keyText(key)} = ${valueText(value)}`;
  return comment === undefined ? [line] : [...comment.split('\n').map((each) => `# ${each}`), line];
}

const keyText = (key: string) => (/^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key));

/** Texts of JSON are also texts of TOML. */
const valueText = (value: Field['value']) =>
  typeof value === 'object' ? `[${value.map((each) => JSON.stringify(each)).join(', ')}]` : JSON.stringify(value);

const eolOf = (text: string) => /\r?\n/.exec(text)?.[0] ?? '\n';

/** The quoted texts in a value, with their places. A text in a comment is none. */
export function stringsIn(literal: string): { value: string; from: number; to: number }[] {
  const found: { value: string; from: number; to: number }[] = [];
  for (let at = 0; at < literal.length; ) {
    STRING.lastIndex = at;
    const string = STRING.exec(literal)?.[0];
    if (string !== undefined) found.push({ value: textOf(string), from: at, to: at + string.length });
    at = string === undefined && literal[at] === '#' ? endOfLine(literal, at) : at + (string?.length ?? 1);
  }
  return found;
}

function textOf(literal: string): string {
  const { value } = readToml(`value = ${literal}`);
  return typeof value === 'string' ? value : '';
}
