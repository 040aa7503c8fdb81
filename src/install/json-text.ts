/**
 * Edits of JSON texts that keep every other byte: comments, order, indentation, line ends and a trailing comma. jsonc-parser reads the text and gives
 * the places; the edits cut and insert. Its own edits would put a comma after a comment, and could not be undone to the byte. Pure.
 */
import {
  createScanner,
  getNodeValue,
  type Node,
  type ParseError,
  type ParseErrorCode,
  parseTree,
  printParseErrorCode,
  type SyntaxKind,
} from 'jsonc-parser';
import { MAX_DEPTH } from '../depth.ts';
import { FileProblem, placeOf } from './problem.ts';

export interface JsonFormat {
  comments: boolean;
  trailingCommas: boolean;
}

export interface JsonDocument {
  text: string;
  root: Node;
  /** Commas and comments, in their order. */
  marks: readonly Mark[];
}

interface Mark {
  kind: 'comma' | 'comment';
  from: number;
  to: number;
}

/** A key with its value. */
export interface Member {
  key: string;
  value: Node;
  from: number;
  to: number;
}

/**
 * Reads a text without byte order mark. The root must be an object.
 * @throws FileProblem for a text that the client could not read either, and for a key that is given twice: it is unknown which one the client takes.
 */
export function readJson(text: string, format: JsonFormat): JsonDocument {
  const known = recent.find((each) => each.text === text && each.format === format);
  if (known) return known.document;
  const document = read(text, format);
  recent.unshift({ text, format, document });
  recent.length = Math.min(recent.length, MOST_RECENT);
  return document;
}

/** One change reads the text before, between its edits and after, each several times. A file of many megabytes takes a second each time. */
const MOST_RECENT = 3;
const recent: { text: string; format: JsonFormat; document: JsonDocument }[] = [];
const contents = new WeakMap<JsonDocument, { value: unknown }>();

function read(text: string, format: JsonFormat): JsonDocument {
  const errors: ParseError[] = [];
  const options = { disallowComments: !format.comments, allowTrailingComma: format.trailingCommas };
  refuseDepth(text);
  const root = parseTree(text, errors, options);
  const [error] = errors;
  if (error || !root) throw syntaxProblem(text, error?.error, error?.offset ?? 0);
  if (root.type !== 'object')
    throw new FileProblem(`is ${kindOf(root)}, but must be an object {…}`, placeOf(text, root.offset));
  checkKeys(text, root);
  return { text, root, marks: marksOf(text) };
}

/** The parser calls itself for each level, and so do the functions here. @throws FileProblem with the place of the first level too many. */
function refuseDepth(text: string): void {
  let depth = 0;
  const bracket = /"(?:[^"\\\r\n]+|\\.)*"?|\/\/[^\r\n]*|\/\*[^*]*(?:\*(?!\/)[^*]*)*|[[\]{}]/g;
  for (let found = bracket.exec(text); found; found = bracket.exec(text)) {
    const [sign] = found;
    if (sign === '{' || sign === '[') depth++;
    if (sign === '}' || sign === ']') depth--;
    if (depth > MAX_DEPTH)
      throw new FileProblem(`is nested more than ${MAX_DEPTH} levels deep`, placeOf(text, found.index));
  }
}

/** The values of a document. They are shared, so they must not be changed. */
export function contentOf(document: JsonDocument): unknown {
  const content = contents.get(document) ?? { value: getNodeValue(document.root) };
  contents.set(document, content);
  return content.value;
}

const MEANINGS: Partial<Record<ReturnType<typeof printParseErrorCode>, string>> = {
  InvalidCommentToken: 'has a comment here, which this client cannot read',
  UnexpectedEndOfComment: 'ends too early: a comment is not closed',
  UnexpectedEndOfString: 'is not JSON: a text has no closing quote in its line',
  InvalidCharacter: 'is not JSON: a text has a control character',
  InvalidEscapeCharacter: 'is not JSON: after \\ in a text, only " \\ / b f n r t u may follow',
  InvalidUnicode: 'is not JSON: after \\u, four hexadecimal digits must follow',
  CommaExpected: 'is not JSON: a comma is missing in front of this place',
  ColonExpected: 'is not JSON: a colon is missing in front of this place',
  EndOfFileExpected: 'has more text after its last bracket',
};

function syntaxProblem(text: string, code: ParseErrorCode | undefined, offset: number): FileProblem {
  const at = placeOf(text, offset);
  const name = code === undefined ? '' : printParseErrorCode(code);
  const meaning = MEANINGS[name as keyof typeof MEANINGS]; // '' is no key
  if (meaning !== undefined) return new FileProblem(meaning, at);
  if (text.slice(offset).trim() === '') return new FileProblem('ends too early: a bracket is not closed', at);
  const sign = text.charAt(offset);
  if (/[}\]]/.test(sign) && text.slice(0, offset).trimEnd().endsWith(','))
    return new FileProblem(`has a comma before ${sign}, which this client cannot read`, at);
  if (sign === "'") return new FileProblem('is not JSON: \' must be "', at);
  return new FileProblem(`is not JSON: ${JSON.stringify(sign)} is unexpected here`, at);
}

/** Characters of a key in a message. */
const LONGEST_KEY = 100;

function checkKeys(text: string, node: Node): void {
  if (node.type === 'array') for (const value of node.children ?? []) checkKeys(text, value);
  const seen = new Map<string, number>();
  for (const { key, value, from } of membersOf(node)) {
    const first = seen.get(key);
    if (first !== undefined) {
      const { line } = placeOf(text, first);
      throw new FileProblem(
        `has the key ${JSON.stringify(key.slice(0, LONGEST_KEY))} twice (first in line ${line})`,
        placeOf(text, from),
      );
    }
    seen.set(key, from);
    checkKeys(text, value);
  }
}

/** The members of an object. Any other value has none. */
export function membersOf(node: Node): Member[] {
  if (node.type !== 'object') return [];
  return (node.children ?? []).flatMap(({ offset, length, children: [key, value] = [] }) =>
    key && value ? [{ key: String(key.value), value, from: offset, to: offset + length }] : [],
  );
}

function kindOf({ type }: Node): string {
  const kinds: Partial<Record<Node['type'], string>> = { array: 'a list', string: 'a text', object: 'an object' };
  return kinds[type] ?? (type === 'null' ? 'null' : `a ${type}`);
}

/** The scanner's numbers for its tokens. The package declares them as a constant enum, which has no values to import. */
const TOKEN = { comma: 5, lineComment: 12, blockComment: 13, end: 17 } satisfies Record<string, SyntaxKind>;

function marksOf(text: string): Mark[] {
  const scanner = createScanner(text);
  const marks: Mark[] = [];
  for (let token = scanner.scan(); token !== TOKEN.end; token = scanner.scan()) {
    const from = scanner.getTokenOffset();
    const to = from + scanner.getTokenLength();
    if (token === TOKEN.comma) marks.push({ kind: 'comma', from, to });
    else if (token === TOKEN.lineComment || token === TOKEN.blockComment) marks.push({ kind: 'comment', from, to });
  }
  return marks;
}

/** The member of an object at a path. Undefined when it is missing. @throws FileProblem when a value on the way is no object. */
export function memberAt({ text, root }: JsonDocument, path: readonly string[]): Member | undefined {
  let object = root;
  for (const [depth, key] of path.entries()) {
    const member = membersOf(object).find((each) => each.key === key);
    if (member === undefined || depth === path.length - 1) return member;
    if (member.value.type !== 'object')
      throw new FileProblem(
        `has ${JSON.stringify(path.slice(0, depth + 1).join('.'))} as ${kindOf(member.value)}, but it must be an object {…}`,
        placeOf(text, member.value.offset),
      );
    object = member.value;
  }
  return undefined;
}

/** The text with a value at a path. Objects on the way that are missing are made. Other values stay as they are written. */
export function withValue(text: string, format: JsonFormat, path: readonly string[], value: unknown): string {
  const document = readJson(text, format);
  const style = styleOf(document);
  const member = memberAt(document, path);
  if (member) return splice(text, rangeOf(member.value), written(value, style, indentAt(text, member.from)));
  let object = document.root;
  let depth = 0;
  for (; depth < path.length; depth++) {
    const next = memberAt(document, path.slice(0, depth + 1))?.value;
    if (next?.type !== 'object') break;
    object = next;
  }
  const [key = '', ...inner] = path.slice(depth);
  const nested = inner.reduceRight<unknown>((within, name) => ({ [name]: within }), value);
  return withMember(document, object, key, nested, style);
}

interface Style {
  eol: string;
  /** One step of indentation. Empty for a text in one line. */
  step: string;
}

/** The line ends and the indentation of a text, as its first lines have them. Two spaces where nothing shows it. */
function styleOf({ text, root }: JsonDocument): Style {
  const eol = /\r?\n/.exec(text)?.[0] ?? '\n';
  const [first] = membersOf(root);
  const [, step = '  '] = (first && /\n([ \t]+)$/.exec(blankBefore(text, first.from))) ?? [];
  return { eol, step };
}

/** The blanks before a place, with the line end before them. A pattern with `$` would try again at every blank of the file. */
function blankBefore(text: string, place: number): string {
  let from = place;
  while (from > 0 && /[ \t]/.test(text.charAt(from - 1))) from--;
  if (text.charAt(from - 1) === '\n') from -= text.charAt(from - 2) === '\r' ? 2 : 1;
  return text.slice(from, place);
}

/** The white space at the start of the line of a place. */
function indentAt(text: string, place: number): string {
  const start = text.slice(0, place);
  return /^[ \t]*/.exec(start.slice(start.lastIndexOf('\n') + 1))?.[0] ?? '';
}

/** A value as text, with the indentation of its first line for the following ones. */
function written(value: unknown, { eol, step }: Style, indent: string): string {
  return JSON.stringify(value, undefined, step).replaceAll('\n', eol + indent);
}

function withMember(document: JsonDocument, object: Node, key: string, value: unknown, style: Style): string {
  const { text } = document;
  const [start, end] = rangeOf(object);
  const last = membersOf(object).at(-1);
  if (last === undefined) {
    const outer = indentAt(text, start);
    const indent = outer + style.step;
    const entry = `${JSON.stringify(key)}: ${written(value, style, indent)}`;
    // Comments in the empty object stay in front of the entry.
    const inside = text.slice(start + 1, end - 1).trimEnd();
    return splice(text, [start + 1, end - 1], `${inside}${style.eol}${indent}${entry}${style.eol}${outer}`);
  }
  const lastEnd = last.to;
  const comma = commaAfter(document, lastEnd, end);
  const at = lineEnd(document, comma?.[1] ?? lastEnd);
  const ownLine = /(\r?\n)([ \t]*)$/.exec(blankBefore(text, last.from));
  // What follows a line comment needs a line of its own.
  const afterLine = document.marks.some(({ from, to }) => to === at && text.startsWith('//', from));
  const before = ownLine ? `${ownLine[1]}${ownLine[2]}` : afterLine ? style.eol + indentAt(text, last.from) : ' ';
  const entry = `${JSON.stringify(key)}: ${ownLine ? written(value, style, ownLine[2] ?? '') : inline(value)}`;
  const added = splice(text, [at, at], `${before}${entry}${comma ? ',' : ''}`);
  return comma ? added : splice(added, [lastEnd, lastEnd], ',');
}

/** A value in one line, spaced as people write it. */
function inline(value: unknown): string {
  return JSON.stringify(value, undefined, 1)
    .replace(/\n\s*/g, ' ')
    .replace(/([[{]) | ([\]}])/g, '$1$2');
}

/** The text without the member at a path: the inverse of {@link withValue}. Its comma goes, too. */
export function withoutValue(text: string, format: JsonFormat, path: readonly string[]): string {
  const document = readJson(text, format);
  const member = memberAt(document, path);
  const parent = path.length === 1 ? document.root : memberAt(document, path.slice(0, -1))?.value;
  if (member === undefined || parent?.type !== 'object') return text;
  const { from, to } = member;
  const members = membersOf(parent);
  const previous = members[members.findIndex((each) => each.from === from) - 1];
  const after = commaAfter(document, to, rangeOf(parent)[1]);
  const lead = blankBefore(text, from).length;
  if (members.length === 1) {
    const [start, end] = rangeOf(parent);
    const kept = text.slice(start + 1, from - lead) + text.slice(after?.[1] ?? to, end - 1);
    return splice(text, [start + 1, end - 1], kept.trim() === '' ? '' : kept);
  }
  if (after) return splice(text, [from - lead, after[1]], '');
  const cut = splice(text, [from - lead, to], '');
  const comma = previous && commaAfter(document, previous.to, from);
  return comma ? splice(cut, comma, '') : cut;
}

/** The comma after a member, if one follows before the end of its object. */
function commaAfter({ marks }: JsonDocument, from: number, to: number): [number, number] | undefined {
  const comma = marks.find((mark) => mark.kind === 'comma' && mark.from >= from && mark.to <= to);
  return comma && [comma.from, comma.to];
}

/** The end of a comment in the same line, which belongs to what stands before it. */
function lineEnd({ text, marks }: JsonDocument, from: number): number {
  let end = from;
  for (const mark of marks) {
    if (mark.from < from) continue;
    if (mark.kind !== 'comment') break;
    if (!/^[ \t]*$/.test(text.slice(end, mark.from)) || /[\r\n]/.test(text.slice(mark.from, mark.to))) break;
    end = mark.to;
  }
  return end;
}

export const rangeOf = ({ offset, length }: Node): [number, number] => [offset, offset + length];

function splice(text: string, [from, to]: readonly [number, number], replacement: string): string {
  return text.slice(0, from) + replacement + text.slice(to);
}
