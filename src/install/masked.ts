/** The text of a configuration as a person may see it: with the same lines, but without the secrets of other programs. Pure. */
import type { Node } from 'jsonc-parser';
import { REDACTED, redact } from '../text/redact.ts';
import { isSecretVariable } from '../text/secret-names.ts';
import { isSecretField, looksRandom } from '../text/secret-values.ts';
import type { Client } from './clients.ts';
import { membersOf, rangeOf, readJson } from './json-text.ts';
import { stringsOf } from './toml-text.ts';

/** Objects of variables and headers, whose values are often secrets with harmless names. */
const ALL_HIDDEN = /^(?:env|environment|(?:http_?)?headers?)$/i;

/** Characters from one place up to another one. */
export type Range = readonly [from: number, to: number];

/**
 * Hides texts by the name of their field and by their form. In the entries of other servers, only what they start stays: an argument may be a secret
 * that looks like none. Elsewhere, only single settings stay: clients keep accounts and projects in the same file.
 * @param text without byte order mark.
 * @param ranges what will be shown. The rest of the text stays as it is: a file of many megabytes has a few lines to hide.
 */
export function masked(client: Client, text: string, name: string, ranges: readonly Range[]): string {
  const { format, rootKey } = client;
  const isShown = ([from, to]: Range) => ranges.some(([start, end]) => from < end && to > start);
  const places =
    format.syntax === 'toml'
      ? stringsOf(text).filter(({ from, to }) => isShown([from, to]))
      : text.trim() === ''
        ? []
        : jsonStrings(readJson(text, format).root, [], isShown);
  let shown = '';
  let done = 0;
  for (const { path, value, from, to } of places) {
    if (!isHidden(path, value, rootKey, name)) continue;
    const literal = text.slice(from, to);
    const [, quote = ''] = /^("""|'''|"|')/.exec(literal) ?? [];
    shown += text.slice(done, from) + hide(literal, quote);
    done = to;
  }
  return shown + text.slice(done);
}

/** A value of an entry in the same way. */
export function maskedValue(client: Client, name: string, value: unknown, path: readonly string[]): unknown {
  if (typeof value === 'string') return isHidden(path, value, client.rootKey, name) ? REDACTED : value;
  if (Array.isArray(value)) return value.map((each) => maskedValue(client, name, each, path));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, maskedValue(client, name, inner, [...path, key])]),
  );
}

interface Place {
  path: readonly string[];
  value: string;
  from: number;
  to: number;
}

/** As many lines as before, so that the numbers of lines in a difference stay right. */
function hide(literal: string, quote: string): string {
  const inside = literal.slice(quote.length, literal.length - quote.length);
  return quote + (inside.includes('\n') ? inside.replace(/[^\r\n]+/g, REDACTED) : REDACTED) + quote;
}

function jsonStrings(node: Node, path: readonly string[], isShown: (range: Range) => boolean): Place[] {
  const [from, to] = rangeOf(node);
  if (!isShown([from, to])) return [];
  if (node.type === 'array') return (node.children ?? []).flatMap((value) => jsonStrings(value, path, isShown));
  if (node.type !== 'string')
    return membersOf(node).flatMap(({ key, value }) => jsonStrings(value, [...path, key], isShown));
  return [{ path, value: String(node.value), from, to }];
}

function isHidden(path: readonly string[], value: string, rootKey: string, name: string): boolean {
  const [first, server, field = ''] = path;
  const key = path.at(-1) ?? '';
  if (path.some((part) => ALL_HIDDEN.test(part)) || redact(value) !== value) return true;
  if (isSecretVariable(key) || isSecretField(key, value)) return true;
  if (first !== rootKey || server === undefined) return path.length > 1 || looksRandom(value);
  return server !== name && !['command', 'type'].includes(field);
}
