/**
 * A server with limits names no tool that it does not publish, without saying so: not in the texts that a client reads at the start, and not in its
 * answers. The default sandbox is walked with each toolset alone, in read-only mode and without queries.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { isPublished, type Limits } from '../../src/calls/publication.ts';
import { type Journal, memoryJournal } from '../../src/journal/journal.ts';
import { parseCalls } from '../../src/journal/lines.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { TOOLSET_NAMES, type Toolset } from '../../src/toolsets.ts';
import { tools } from '../../tools/index.ts';
import { type Answer, type Harness, type HarnessOptions, start } from '../support/harness.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { RUN_ALL } from '../support/selection.ts';
import { agree } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { type Args, callsOf, REFUSED, withAllStates } from '../support/walk.ts';
import { WRITES } from '../support/writes.ts';

type Options = Pick<HarnessOptions, 'toolsets' | 'readOnly' | 'noQuery'>;

const LIMITED: [name: string, options: Options][] = [
  ...TOOLSET_NAMES.map((name): [string, Options] => [`--toolsets ${name}`, { toolsets: [name] }]),
  ['--read-only', { readOnly: true }],
  ['--no-query', { noQuery: true }],
  [
    '--read-only --no-query --toolsets rollout,query',
    { readOnly: true, noQuery: true, toolsets: ['rollout', 'query'] },
  ],
];

/** Those that are walked in each run of the tests. The others take a minute. */
const QUICK = ['--toolsets query', '--read-only'];

const begin = useHarness((options: HarnessOptions) => options);

function limitsOf({ toolsets, readOnly = false, noQuery = false }: Options): Limits {
  return { readOnly, noQuery, toolsets: toolsets && { names: toolsets, from: '--toolsets' } };
}
const hiddenWith = (options: Options) => tools.filter((tool) => !isPublished(tool, limitsOf(options)));
const publishedWith = (options: Options) => tools.filter((tool) => isPublished(tool, limitsOf(options)));

/** The hidden tools that a text names. */
function namedIn(text: string, options: Options): string[] {
  return hiddenWith(options)
    .map(({ name }) => name)
    .filter((name) => new RegExp(`\\b${name}\\b`).test(text));
}

/** The default workspace in all its states, with the record of what was done, for all servers of this file. */
let known: Promise<{ sandbox: Sandbox; journal: Journal; endpoints: string[] }> | undefined;
function allStates() {
  known ??= (async () => {
    const sandbox = await startSandbox({ clock: { kind: 'manual' } });
    const { now } = sandbox.clock;
    const journal = memoryJournal({ now, serviceTime: now, random: Math.random, sanitize });
    const h = await start({ sandbox, journal });
    await withAllStates(h);
    const { data } = await h.call('list_endpoints', { limit: 100 });
    await h.close();
    return { sandbox, journal, endpoints: data.endpoints.map(({ name }: { name: string }) => name) };
  })();
  return known;
}
afterAll(async () => (await known)?.sandbox.close());

/** Expects that an answer offers no hidden tool, and that it explains each that it names. */
function expectHonest(what: string, { data }: Answer, options: Options): void {
  const explained = String(data.not_published ?? data.error?.next ?? '');
  const { not_published: _, ...rest } = data;
  const text = JSON.stringify(rest, (key, value: unknown) => {
    if (key === 'tool' || key === 'finished_by') return undefined; // records of what was done
    const calls = (key === 'next' || key === 'undo') && typeof value === 'string' ? parseCalls(value) : undefined;
    if (calls) expect([what, calls.flatMap(({ tool }) => namedIn(tool, options))]).toEqual([what, []]);
    return value;
  });
  const named = namedIn(text, options);
  if (named.length > 0) expect([what, explained]).toEqual([what, expect.stringMatching(/A person can enable \w+: /)]);
  if (named.length > 0 && !['read_only', 'no_query', 'not_in_toolsets'].includes(data.error?.code))
    for (const name of named)
      expect([what, explained]).toEqual([what, expect.stringMatching(`does not publish [^.]*\\b${name}\\b`)]);
}

describe.each(LIMITED)('a server with %s', (name, options) => {
  const published = publishedWith(options);

  it('names no other tool in the texts that a client reads at the start, or explains it', async () => {
    const h = await begin(options);
    const list = (await h.client.listTools()).tools;
    expect(list.map(({ name }) => name)).toEqual(published.map(({ name }) => name));
    expect(namedIn(JSON.stringify(list), options)).toEqual([]);
    for (const { description } of list) expect(description).toMatch(/^[A-Z].*\.$/s);

    const text = h.client.getInstructions() ?? '';
    expect(namedIn(text, options)).toEqual([]);
    expect(text).toContain('list_endpoints');
    const writes = published.some(({ effect }) => effect === 'write' || effect === 'destroy');
    expect(/dry_run|secrets/.test(text)).toBe(writes);
    const line = /^Toolsets: a person limited this server to (.*)\. They can add .* to --toolsets\.$/m.exec(text);
    expect(line?.[1]).toBe(options.toolsets?.join(', '));

    const { prompts } = await h.client.listPrompts();
    const args = { model: 'ml.prod.churn', version: '2', endpoint: 'churn-legacy' };
    for (const { name } of prompts) {
      const { messages } = await h.client.getPrompt({ name, arguments: args });
      expectExplained(`${name}: ${JSON.stringify(messages)}`, options);
    }
    const { resources } = await h.client.listResources();
    for (const { uri } of resources.filter((each) => each.uri.includes('guides'))) {
      const { contents } = await h.client.readResource({ uri });
      expectExplained(`${uri}: ${JSON.stringify(contents)}`, options);
    }
    const has = (tool: string) => published.some(({ name }) => name === tool);
    expect(prompts.some(({ name }) => name === 'swap_version')).toBe(has('swap_version'));
    expect(resources.some(({ uri }) => uri.endsWith('guides/version-swap'))).toBe(has('swap_version'));
    expect(resources.some(({ uri }) => uri.endsWith('guides/troubleshooting'))).toBe(true);
    if (!has('swap_version'))
      await expect(h.client.getPrompt({ name: 'swap_version', arguments: args })).rejects.toThrow(
        /cannot be used here\. This server does not publish swap_version\. A person can enable it: /,
      );
  });

  it.runIf(RUN_ALL || QUICK.includes(name))(
    'answers reads and refuses calls without offering any other tool',
    { timeout: 60_000 },
    async () => {
      const { sandbox, journal, endpoints } = await allStates();
      const h = await begin({ ...options, sandbox, journal });
      for (const { name, effect } of published) {
        const calls = effect === 'read' ? callsOf(name, endpoints) : [];
        const refused = REFUSED.filter(([tool]) => tool === name).map(([, args]) => args);
        for (const args of [...calls, ...refused, { nonsense: 1 }]) {
          const answer = await h.call(name, args);
          expectHonest(`${name} ${JSON.stringify(args)}`, answer, options);
        }
      }
    },
  );

  it('refuses a call of any other tool with the reason, and sends nothing', async () => {
    const h = await begin(options);
    h.sent();
    for (const tool of hiddenWith(options)) {
      const { isError, data } = await h.call(tool.name, { dry_run: true });
      const chosen = options.toolsets?.some((each) => tool.toolsets.includes(each)) ?? true;
      if (!chosen) {
        expect([tool.name, isError, data.error.code]).toEqual([tool.name, true, 'not_in_toolsets']);
        expect(data.error.message).toContain(`--toolsets is ${options.toolsets?.join(',')}`);
        expect(data.error.next).toMatch(new RegExp(`^A person can enable it: .*add ${tool.toolsets[0]} to --toolsets`));
        expect(/switch --read-only off/.test(data.error.next)).toBe(
          options.readOnly === true && tool.effect !== 'read' && tool.effect !== 'query',
        );
      } else if (tool.effect === 'query') expect([tool.name, data.error.code]).toEqual([tool.name, 'no_query']);
      else expect([tool.name, isError]).toEqual([tool.name, true]); // the preview of read-only mode, or its argument error
    }
    expect(h.sent()).toEqual([]);
  });
});

function expectExplained(text: string, options: Options): void {
  for (const name of namedIn(text, options)) expect(text).toMatch(new RegExp(`does not publish [^.]*\\b${name}\\b`));
}

const WRITING = TOOLSET_NAMES.filter(
  (toolset) =>
    (RUN_ALL || toolset === 'gateway' || toolset === 'models') &&
    publishedWith({ toolsets: [toolset] }).some(({ effect }) => effect === 'write'),
);

it.each(WRITING)(
  'the writes of %s alone offer no other tool, and each of them can be undone',
  { timeout: 60_000 },
  async (toolset) => {
    const options: Options & { toolsets: Toolset[] } = { toolsets: [toolset] };
    const h = await begin({ ...options, seed: safetyWorkspace(), onAsk: agree });
    const mine = WRITES.filter(([tool]) => publishedWith(options).some(({ name }) => name === tool));
    expect(mine).not.toEqual([]);
    for (const [tool, what, args] of mine) {
      h.sandbox.reset();
      for (const more of [{ dry_run: true }, {}])
        await expectHonestCall(h, `${tool} ${what}`, tool, { ...args, ...more }, options);
    }
  },
);

async function expectHonestCall(h: Harness, what: string, tool: string, args: Args, options: Options): Promise<void> {
  const answer = await h.call(tool, args);
  expect([what, answer.data.error]).toEqual([what, undefined]);
  expectHonest(what, answer, options);
  if (answer.data.undo === undefined) return;
  const [undo] = parseCalls(answer.data.undo) ?? [];
  expect([what, namedIn(String(undo?.tool), options)]).toEqual([what, []]);
}
