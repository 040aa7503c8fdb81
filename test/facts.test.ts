/** Comments cite facts about the service by number, and `src/rest/README.md` states each with its source. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

const KINDS = ['page', 'client source', 'assumed'];
const CLIENTS = [
  'databricks-sdk-go',
  'databricks-sdk-py',
  'databricks-cli',
  'terraform-provider-databricks',
  'databricks-agents',
  'databricks-ai-bridge',
  'mlflow',
];

interface Fact {
  id: string;
  /** Letter of the heading above it. */
  group: string;
  text: string;
  sources: { kind: string; name: string }[];
}

const README = readFileSync(join(ROOT, 'src/rest/README.md'), 'utf8');
const facts = factsOf(README);
const ids = facts.map(({ id }) => id);

function factsOf(text: string): Fact[] {
  const found: Fact[] = [];
  let group = '';
  for (const line of text.split('\n')) {
    group = /^## ([A-Z]): /.exec(line)?.[1] ?? group;
    if (!line.startsWith('- **')) continue;
    const [, id = '', statement = '', sources = ''] = /^- \*\*([A-Z]\d+)\*\* (.+) \(([^()]+)\)$/.exec(line) ?? [];
    found.push({ id, group, text: statement, sources: sources.split('; ').map(sourceOf) });
  }
  return found;
}

function sourceOf(text: string): Fact['sources'][number] {
  const [, kind = '', name = ''] = /^([a-z ]+): (.+)$/.exec(text) ?? [];
  return { kind, name };
}

/** Path → text of every file of code, its comments unwrapped so that a citation may cross a line end. */
const files = new Map(
  ['src', 'tools', 'test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|mjs|json|md)$/.test(file) && !/(^|[\\/])node_modules[\\/]/.test(file))
      .map((file): [string, string] => {
        const path = join(folder, file).replaceAll('\\', '/');
        return [path, unwrapped(readFileSync(join(ROOT, path), 'utf8'))];
      }),
  ),
);
const documents = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md'].map((path): [string, string] => [
  path,
  readFileSync(join(ROOT, path), 'utf8'),
]);

function unwrapped(text: string): string {
  return text.replace(/\s*\n\s*(?:\*|\/\/)? ?/g, ' ');
}

/** Numbers in `fact E3`, `facts E3 and Q1`, `facts E3, E4 and Q1`. */
function citations(text: string): string[] {
  return [...text.matchAll(/\bfacts? ([A-Z]\d+(?:(?:, | and )[A-Z]\d+)*)/g)].flatMap(
    ([, list = '']) => list.match(/[A-Z]\d+/g) ?? [],
  );
}

/** Citations of a private document. Public standards are documents that a reader can find. */
function absentDocuments(text: string): string[] {
  const withoutStandards = text.replace(/\b(?:RFC \d+|JSON-RPC 2\.0), section [\d.]+/g, '');
  return withoutStandards.match(/\bAPI contract\b|\bsections? \d+(?:\.\d+)*/gi) ?? [];
}

describe('the readers of this test', () => {
  it('finds citations across line ends, alone and in lists', () => {
    const text = unwrapped('/**\n * Rows (fact\n * E3), see\n// (facts E4, E5 and Q1)\n * and fact finding.');
    expect(citations(text)).toEqual(['E3', 'E4', 'E5', 'Q1']);
  });

  it('finds citations of an absent document across line ends, and spares public standards', () => {
    const text = unwrapped('(API\n * contract, section\n// 1.1) (RFC 9110, section 10.2.3), see sections 2 to 4');
    expect(absentDocuments(text)).toEqual(['API contract', 'section 1.1', 'sections 2']);
  });
});

it('no file cites a document that is not here, because a reader could not look it up', () => {
  const done = [...files, ...documents].filter(([path]) => path !== 'test/facts.test.ts');
  const found = done.flatMap(([path, text]) => absentDocuments(text).map((citation) => `${path}: ${citation}`));
  expect(done.length).toBeGreaterThan(100);
  expect(found).toEqual([]);
});

describe('each fact', () => {
  it('has a number of its group, in ascending order, so that a number never means two facts', () => {
    expect(facts.length).toBeGreaterThan(100);
    const groups = [...new Set(facts.map(({ group }) => group))];
    const sorted = [...ids].sort(
      (a, b) => groups.indexOf(a.charAt(0)) - groups.indexOf(b.charAt(0)) || Number(a.slice(1)) - Number(b.slice(1)),
    );
    expect(ids).toEqual(sorted);
    expect(new Set(ids).size).toBe(ids.length);
    expect(facts.filter(({ id, group }) => id.charAt(0) !== group)).toEqual([]);
    expect([...README.matchAll(/^## ([A-Z]): /gm)].map(([, letter]) => letter)).toEqual(groups);
  });

  it('has a source of a known kind, and an official client where it names one', () => {
    const wrong = facts.flatMap(({ id, sources }) =>
      sources
        .filter(({ kind, name }) => !KINDS.includes(kind) || (kind === 'client source' && !CLIENTS.includes(name)))
        .map(({ kind, name }) => `${id}: ${kind}: ${name}`),
    );
    expect(wrong).toEqual([]);
    expect(CLIENTS.filter((client) => !README.includes(`\`${client}\``))).toEqual([]);
  });

  it('is short and whole sentences', () => {
    expect(facts.filter(({ text }) => text.length > 320 || !/[.`'"]$/.test(text))).toEqual([]);
  });

  it('is cited by code or a test, or else the code does not rely on it', () => {
    const cited = new Set([...files].flatMap(([path, text]) => (path.endsWith('.ts') ? citations(text) : [])));
    expect(ids.filter((id) => !cited.has(id))).toEqual([]);
  });
});

it('every citation names a fact that is there', () => {
  const found = [...files, ...documents].flatMap(([path, text]) =>
    citations(text)
      .filter((id) => path !== 'test/facts.test.ts' && !ids.includes(id))
      .map((id) => `${path}: ${id}`),
  );
  expect(found).toEqual([]);
});
