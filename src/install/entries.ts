/** Entries of MCP servers in the text of a client's configuration: read, added, removed. Every other byte of the text stays. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { Client } from './clients.ts';
import { contentOf as jsonContentOf, memberAt, readJson, withoutValue, withValue } from './json-text.ts';
import { FileProblem, placeOf } from './problem.ts';
import { type Field, hasHeader, readToml, withFields, withoutTable, withTable } from './toml-text.ts';

/** An entry as its file has it. Clients know more fields than these. */
export interface Entry {
  command?: unknown;
  args?: unknown;
  env?: unknown;
  [field: string]: unknown;
}

/** The program that an entry starts. */
export interface Run {
  command: string;
  args: readonly string[];
}

/** Why Codex gets this setting. It becomes a comment in its file. */
export const APPROVAL_REASON =
  'Without this, `codex exec` refuses every tool that is not read-only.\nThe server still asks for consent before it takes something away.';

/** Fields of a server that is reached over HTTP. An entry that has one cannot start a program. */
const REMOTE_FIELDS = ['url', 'httpUrl', 'serverUrl'];
const REMOTE_TYPE = /^(?:https?|sse|streamable[-_]?https?|ws)$/i;

/** Whether an entry is a server that the client reaches over HTTP. */
export function isRemote(entry: Entry): boolean {
  return REMOTE_FIELDS.some((field) => field in entry) || REMOTE_TYPE.test(String(entry.type ?? ''));
}

/** Windows editors put this character in front of a text. It is kept. */
const BOM = '\uFEFF';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The whole text as a value. A text without content is an empty object: clients make such files. @throws FileProblem */
function contentOf(client: Client, text: string): Record<string, unknown> {
  const { format } = client;
  const content = text.replace(BOM, '');
  if (format.syntax === 'toml') return readToml(content);
  if (content.trim() === '') return {};
  const value: unknown = jsonContentOf(readJson(content, format));
  return isObject(value) ? value : {};
}

/**
 * The entries by name.
 * @throws FileProblem when the text cannot be read, when the object of the servers is no object, or when an entry is none.
 */
export function entriesIn(client: Client, text: string): Map<string, Entry> {
  const servers = contentOf(client, text)[client.rootKey];
  if (servers === undefined) return new Map();
  const at = (path: readonly string[]) => placeIn(client, text, path);
  if (!isObject(servers))
    throw new FileProblem(
      `has "${client.rootKey}" as ${kindOf(servers)}, but must have an object`,
      at([client.rootKey]),
    );
  return new Map(
    Object.entries(servers).map(([name, entry]) => {
      if (isObject(entry)) return [name, entry];
      const path = `${client.rootKey}.${name.slice(0, 100)}`; // a message has room for the start of a long name
      throw new FileProblem(`has "${path}" as ${kindOf(entry)}, but must have an object`, at([client.rootKey, name]));
    }),
  );
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

function placeIn(
  { format }: Client,
  text: string,
  path: readonly string[],
): { line: number; column: number } | undefined {
  if (format.syntax === 'toml') return undefined;
  const content = text.replace(BOM, '');
  const member = memberAt(readJson(content, format), path);
  return member && placeOf(content, member.value.offset);
}

/** The entry that `install` writes, without what a person added to it. */
export function entryOf(client: Client, { command, args }: Run): Entry {
  return { ...client.fields, command, args: [...args] };
}

/**
 * The text with an entry that starts this program. An entry with the same name keeps its other fields, such as `env`, unless it was a remote server.
 * @param text '' for a file that is missing.
 * @throws FileProblem when the text cannot be read, or not be edited without a change to something else.
 */
export function withEntry(client: Client, text: string, name: string, run: Run): string {
  const before = contentOf(client, text);
  const old = entriesIn(client, text).get(name);
  const kept = old && !isRemote(old) ? old : undefined;
  const entry = { ...client.defaults, ...kept, ...entryOf(client, run) };
  const edited = inContent(text, (content) => edit(client, content, name, old, kept, entry));
  const servers = before[client.rootKey];
  const expected = { ...before, [client.rootKey]: { ...(isObject(servers) ? servers : {}), [name]: entry } };
  return verified(client, edited, expected, name);
}

function edit(
  client: Client,
  text: string,
  name: string,
  old: Entry | undefined,
  kept: Entry | undefined,
  entry: Entry,
): string {
  const path = [client.rootKey, name];
  const changed = Object.entries(entry).filter(([field, value]) => !isDeepStrictEqual(kept?.[field], value));
  if (client.format.syntax === 'toml') {
    if (kept && hasHeader(text, path)) return withFields(text, path, fieldsOf(Object.fromEntries(changed)));
    return withTable(old ? withoutTable(text, path) : text, path, fieldsOf(entry));
  }
  const { format } = client;
  if (text.trim() === '') return `${withValue('{}', format, path, ordered(entry))}\n`;
  if (!kept) return withValue(text, format, path, ordered(entry));
  return changed.reduce((edited, [field, value]) => withValue(edited, format, [...path, field], value), text);
}

const FIRST = ['type', 'command', 'args'];

/** What an entry starts comes first, as in the clients' own documents. */
function ordered(entry: Entry): Entry {
  const first = FIRST.filter((field) => field in entry).map((field) => [field, entry[field]]);
  return Object.fromEntries([...first, ...Object.entries(entry).filter(([field]) => !FIRST.includes(field))]);
}

function fieldsOf(entry: Entry): Field[] {
  return Object.entries(ordered(entry)).flatMap(([key, value]) =>
    typeof value === 'string' || typeof value === 'number' || isTexts(value)
      ? [{ key, value, ...(key === 'default_tools_approval_mode' ? { comment: APPROVAL_REASON } : {}) }]
      : [],
  );
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

/**
 * The text without an entry. An object of servers that becomes empty goes, too, unless `keepsRoot`.
 * @throws FileProblem as {@link withEntry}.
 */
export function withoutEntry(client: Client, text: string, name: string, keepsRoot = false): string {
  if (!entriesIn(client, text).has(name)) return text;
  const before = contentOf(client, text);
  const { format, rootKey } = client;
  const others = Object.fromEntries(Object.entries(before[rootKey] ?? {}).filter(([key]) => key !== name));
  const isEmpty = Object.keys(others).length === 0;
  const { [rootKey]: _servers, ...rest } = before;
  if (format.syntax === 'toml') {
    const edited = inContent(text, (content) => withoutTable(content, [rootKey, name]));
    // A header [mcp_servers] of its own may stay, without members.
    const stays = !isEmpty || rootKey in contentOf(client, edited);
    return verified(client, edited, stays ? { ...rest, [rootKey]: others } : rest, name);
  }
  const path = isEmpty && !keepsRoot ? [rootKey] : [rootKey, name];
  const edited = inContent(text, (content) => withoutValue(content, format, path));
  return verified(client, edited, isEmpty && !keepsRoot ? rest : { ...rest, [rootKey]: others }, name);
}

function inContent(text: string, change: (content: string) => string): string {
  return text.startsWith(BOM) ? BOM + change(text.slice(1)) : change(text);
}

/** An edit is a guess until a parser reads from it what was meant. */
function verified(client: Client, text: string, expected: Record<string, unknown>, name: string): string {
  let value: unknown;
  try {
    value = contentOf(client, text);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
  }
  if (isDeepStrictEqual(plain(value), plain(expected))) return text;
  throw new FileProblem(
    `writes "${client.rootKey}" in a form that cannot be edited without a change to something else. Add or remove the entry "${name}" there by hand`,
  );
}

/** Parsers give objects without prototypes, and dates of their own. The order of keys does not count. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
