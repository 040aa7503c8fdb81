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

/**
 * Hides texts by the name of their field and by their form. In the entries of other servers, only what they start stays: an argument may be a secret
 * that looks like none. Elsewhere, only single settings stay: clients keep accounts and projects in the same file.
 */
export function masked(client: Client, text: string, name: string): string {
  const { format, rootKey } = client;
  const places =
    format.syntax === 'toml'
      ? stringsOf(text)
      : text.trim() === '' || text.trim() === '\uFEFF'
        ? []
        : jsonStrings(readJson(text.replace('\uFEFF', ''), format).root, [], text.startsWith('\uFEFF') ? 1 : 0);
  let shown = '';
  let done = 0;
  for (const { path, value, from, to } of places) {
    if (!isHidden(path, value, rootKey, name)) continue;
    const literal = text.slice(from, to);
    shown +=
      text.slice(done, from) + literal.replace(/^("""|'''|"|')?[\s\S]*?\1$/, (whole, quote = '') => hide(whole, quote));
    done = to;
  }
  return redact(shown + text.slice(done));
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

function jsonStrings(node: Node, path: readonly string[], shift: number): Place[] {
  if (node.type === 'array') return (node.children ?? []).flatMap((value) => jsonStrings(value, path, shift));
  if (node.type !== 'string')
    return membersOf(node).flatMap(({ key, value }) => jsonStrings(value, [...path, key], shift));
  const [from, to] = rangeOf(node);
  return [{ path, value: String(node.value), from: from + shift, to: to + shift }];
}

function isHidden(path: readonly string[], value: string, rootKey: string, name: string): boolean {
  const [first, server, field = ''] = path;
  const key = path.at(-1) ?? '';
  if (path.some((part) => ALL_HIDDEN.test(part)) || redact(value) !== value) return true;
  if (isSecretVariable(key) || isSecretField(key, value)) return true;
  if (first !== rootKey || server === undefined) return path.length > 1 || looksRandom(value);
  return server !== name && !['command', 'type'].includes(field);
}
