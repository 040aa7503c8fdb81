/**
 * Edits of JSON texts that keep every other byte: comments, order, indentation, line ends and a trailing comma. Momoa reads the text and gives the
 * places; the edits cut and insert. Pure.
 */
import { type MemberNode, type ObjectNode, parse, type Token, type ValueNode } from '@humanwhocodes/momoa';
import { FileProblem, placeOf } from './problem.ts';

export interface JsonFormat {
  comments: boolean;
  trailingCommas: boolean;
}

export interface JsonDocument {
  text: string;
  root: ObjectNode;
  tokens: readonly Token[];
}

/**
 * Reads a text without byte order mark. The root must be an object.
 * @throws FileProblem for a text that the client could not read either, and for a key that is given twice: nobody knows which one the client takes.
 */
export function readJson(text: string, format: JsonFormat): JsonDocument {
  let document: ReturnType<typeof parse>;
  try {
    const mode = format.comments ? 'jsonc' : 'json';
    document = parse(text, { mode, ranges: true, tokens: true, allowTrailingCommas: format.trailingCommas });
  } catch (error) {
    throw syntaxProblem(text, error, format);
  }
  const { body } = document;
  if (body.type !== 'Object') throw new FileProblem(`is ${kindOf(body)}, but must be an object {…}`, body.loc.start);
  check(text, body);
  return { text, root: body, tokens: document.tokens ?? [] };
}

/** Momoa's errors are an end of the text, or an unexpected character or token, each with its place. */
function syntaxProblem(text: string, error: unknown, format: JsonFormat): FileProblem {
  const { offset = 0, message = '' } = error as { offset?: number; message?: string };
  // At the end of the text, Momoa may name the last sign as the one that it did not expect.
  if (message.startsWith('Unexpected end') || (isOpen(text) && /^("(\\.|[^"])*"|.|\w+)\s*$/.test(text.slice(offset))))
    return new FileProblem('ends too early: a bracket or a quote is not closed', placeOf(text, text.length));
  const at = placeOf(text, offset);
  const rest = text.slice(offset, offset + 2);
  if (/^\/[/*]/.test(rest)) return new FileProblem('has a comment, which this client cannot read', at);
  if (/^[}\]]/.test(rest) && !format.trailingCommas && /,\s*$/.test(text.slice(0, offset)))
    return new FileProblem(`has a comma before ${rest[0]}, which this client cannot read`, at);
  if (/^'/.test(rest)) return new FileProblem('is not JSON: \' must be "', at);
  return new FileProblem(`is not JSON: ${JSON.stringify(rest[0])} is unexpected`, at);
}

/** Whether a text opens more brackets than it closes. */
function isOpen(text: string): boolean {
  const signs = text.replace(/"(?:\\.|[^"\\])*"/g, '');
  return (signs.match(/[[{]/g)?.length ?? 0) > (signs.match(/[\]}]/g)?.length ?? 0);
}

function check(text: string, node: ValueNode): void {
  if (node.type === 'Array') for (const { value } of node.elements) check(text, value);
  if (node.type === 'String') checkString(text, node);
  if (node.type !== 'Object') return;
  const seen = new Map<string, number>();
  for (const { name, value } of node.members) {
    if (name.type !== 'String') throw new FileProblem('is not JSON: a key needs quotes', name.loc.start);
    checkString(text, name);
    const first = seen.get(name.value);
    if (first !== undefined)
      throw new FileProblem(`has the key ${JSON.stringify(name.value)} twice (first in line ${first})`, name.loc.start);
    seen.set(name.value, name.loc.start.line);
    check(text, value);
  }
}

/** A line end within quotes: Momoa accepts it, and clients do not. */
function checkString(text: string, node: ValueNode): void {
  const [from, to] = rangeOf(node);
  if (/[\u0000-\u001f]/.test(text.slice(from, to)))
    throw new FileProblem('is not JSON: a text has no closing quote in its line', node.loc.start);
}

function kindOf(node: ValueNode): string {
  const kinds: Partial<Record<ValueNode['type'], string>> = { Array: 'a list', String: 'a text', Number: 'a number' };
  return kinds[node.type] ?? node.type.toLowerCase();
}

/** The member of an object at a path. Undefined when it is missing. @throws FileProblem when a value on the way is no object. */
export function memberAt(root: ObjectNode, path: readonly string[]): MemberNode | undefined {
  let object = root;
  for (const [depth, key] of path.entries()) {
    const member = object.members.find(({ name }) => name.type === 'String' && name.value === key);
    if (member === undefined || depth === path.length - 1) return member;
    if (member.value.type !== 'Object')
      throw new FileProblem(
        `has ${JSON.stringify(path.slice(0, depth + 1).join('.'))} as ${kindOf(member.value)}, but it must be an object {…}`,
        member.value.loc.start,
      );
    object = member.value;
  }
  return undefined;
}

/** The text with a value at a path. Objects on the way that are missing are made. Other values stay as they are written. */
export function withValue(text: string, format: JsonFormat, path: readonly string[], value: unknown): string {
  const document = readJson(text, format);
  const style = styleOf(document);
  const member = memberAt(document.root, path);
  if (member) return splice(text, rangeOf(member.value), written(value, style, indentAt(text, member)));
  let object = document.root;
  let depth = 0;
  for (; depth < path.length; depth++) {
    const next = memberAt(document.root, path.slice(0, depth + 1))?.value;
    if (next?.type !== 'Object') break;
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
  const [first] = root.members;
  const [, step = '  '] = (first && /\n([ \t]+)$/.exec(text.slice(0, rangeOf(first)[0]))) ?? [];
  return { eol, step };
}

/** The white space before the first character of the line of a node. */
function indentAt(text: string, node: MemberNode | ObjectNode): string {
  const start = text.slice(0, rangeOf(node)[0]);
  return /^[ \t]*/.exec(start.slice(start.lastIndexOf('\n') + 1))?.[0] ?? '';
}

/** A value as text, with the indentation of its first line for the following ones. */
function written(value: unknown, { eol, step }: Style, indent: string): string {
  return JSON.stringify(value, undefined, step).replaceAll('\n', eol + indent);
}

function withMember(document: JsonDocument, object: ObjectNode, key: string, value: unknown, style: Style): string {
  const { text } = document;
  const [start, end] = rangeOf(object);
  const last = object.members.at(-1);
  if (last === undefined) {
    const outer = indentAt(text, object);
    const indent = outer + style.step;
    const entry = `${JSON.stringify(key)}: ${written(value, style, indent)}`;
    // Comments in the empty object stay in front of the entry.
    const inside = text.slice(start + 1, end - 1).trimEnd();
    return splice(text, [start + 1, end - 1], `${inside}${style.eol}${indent}${entry}${style.eol}${outer}`);
  }
  const [, lastEnd] = rangeOf(last);
  const comma = commaAfter(document, lastEnd, end);
  const at = lineEnd(document, comma?.[1] ?? lastEnd);
  const ownLine = /(\r?\n)([ \t]*)$/.exec(text.slice(0, rangeOf(last)[0]));
  const afterLine = /^\s*\/\//.test(text.slice(comma?.[1] ?? lastEnd, at)); // what follows a line comment needs a line of its own
  const before = ownLine ? `${ownLine[1]}${ownLine[2]}` : afterLine ? style.eol + indentAt(text, last) : ' ';
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
  const member = memberAt(document.root, path);
  const parent = path.length === 1 ? document.root : memberAt(document.root, path.slice(0, -1))?.value;
  if (member === undefined || parent?.type !== 'Object') return text;
  const [from, to] = rangeOf(member);
  const index = parent.members.indexOf(member);
  const previous = parent.members[index - 1];
  const after = commaAfter(document, to, rangeOf(parent)[1]);
  const lead = /(?:\r?\n)?[ \t]*$/.exec(text.slice(0, from))?.[0].length ?? 0;
  if (parent.members.length === 1) {
    const [start, end] = rangeOf(parent);
    const kept = text.slice(start + 1, from - lead) + text.slice(after?.[1] ?? to, end - 1);
    return splice(text, [start + 1, end - 1], kept.trim() === '' ? '' : kept);
  }
  if (after) return splice(text, [from - lead, after[1]], '');
  const cut = splice(text, [from - lead, to], '');
  const comma = previous && commaAfter(document, rangeOf(previous)[1], from);
  return comma ? splice(cut, comma, '') : cut;
}

/** The comma after a member, if one follows before the end of its object. */
function commaAfter({ tokens }: JsonDocument, from: number, to: number): [number, number] | undefined {
  const next = tokens.find(({ type, range = [0, 0] }) => range[0] >= from && !/Comment$/.test(type));
  return next?.type === 'Comma' && next.range && next.range[1] <= to ? next.range : undefined;
}

/** The end of a comment in the same line, which belongs to what stands before it. */
function lineEnd({ text, tokens }: JsonDocument, from: number): number {
  let end = from;
  for (const { type, range } of tokens) {
    if (!range || range[0] < from) continue;
    if (!/Comment$/.test(type) || /[\r\n]/.test(text.slice(end, range[1]))) break;
    end = range[1];
  }
  return end;
}

function rangeOf({ range }: { range?: [number, number] }): [number, number] {
  if (range === undefined) throw new Error('the parser gave no places');
  return range;
}

function splice(text: string, [from, to]: readonly [number, number], replacement: string): string {
  return text.slice(0, from) + replacement + text.slice(to);
}
