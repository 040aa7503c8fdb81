/**
 * A reader who repeats the calls of the documents gets the answers of the documents. The calls are read from the text and go to the built server,
 * with the sandbox that `--sandbox` starts.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startAgent } from '../demo/agent.ts';
import { printer } from '../demo/print.ts';
import { regionOf } from '../docs.ts';
import { RUN_ALL } from '../support/selection.ts';
import { INCIDENT } from './walkthrough.ts';

/** Faster than the usual minute in a second, so that a wait takes one poll. */
const PACE = '30';
/**
 * A rollout reads the metrics of each minute, four times a second at most. At 10 it misses half of them, and a healthy version still has enough. One that
 * fails would be rolled back while the call that began the step still waits, so it plays more slowly.
 */
const ROLLOUT_PACE = { healthy: '10', failing: '2' };

interface Shown {
  tool: string;
  args: Record<string, unknown>;
  failed: boolean;
  /** Fields that the document shows in one line. */
  fields: Record<string, string>;
}

/** The calls of a code block, with the lines below each. */
function callsOf(block: string): Shown[] {
  return block
    .split(/^→ /m)
    .slice(1)
    .map((part) => {
      // A long call goes on in lines that are indented by four spaces and begin with a quote or a bracket.
      const [first = '', ...below] = part.replace(/\n {4}(?=["{])/g, '').split('\n');
      const [, tool = '', args = ''] = /^(\w+) (\{.*\})$/.exec(first) ?? [];
      const fields = below.flatMap((line) => {
        const [, name, value] = /^ {2}(\w+): (.+)$/.exec(line) ?? [];
        return name === undefined || value === undefined ? [] : [[name, value] as const];
      });
      return {
        tool,
        args: JSON.parse(args),
        failed: below.includes('  error:'),
        fields: Object.fromEntries(fields),
      };
    });
}

/** A limit of a model service holds after up to a minute, so the refusal is no answer that a reader gets at once. */
const isAtOnce = ({ tool, failed }: Shown) => !(tool === 'query_endpoint' && failed);

const BLOCKS = ['README.md', 'tools/README.md'].flatMap((name) => {
  const document = readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
  const region = regionOf(document, 'transcript') ?? '';
  return [...region.matchAll(/^```text\n([\s\S]*?)^```/gm)].map(
    ([, block = ''], at) => [`${name}, block ${at + 1}`, callsOf(block).filter(isAtOnce)] as const,
  );
});

it('there are calls in both documents', () => {
  expect(BLOCKS.map(([, calls]) => calls.length)).toEqual([3, 1, 4, 3, 5, 2, 3, 2, 1]);
});

// The text itself is played again by test/readme.test.ts. So `npm test` repeats the calls of one document, without a rollout's minutes.
const isQuick = (name: string, calls: Shown[]) =>
  name.startsWith('README') && calls.every(({ tool }) => tool !== 'roll_out');

it.concurrent.each(BLOCKS.filter(([name, calls]) => RUN_ALL || isQuick(name, calls)))(
  '%s: the calls give the answers that it shows',
  { timeout: 60_000 },
  async (_name, calls) => {
    const incident = calls[0]?.tool === 'diagnose_endpoint' ? ['--sandbox-incident', INCIDENT] : [];
    const end = calls.at(-1)?.fields.outcome === 'rolled_back' ? 'failing' : 'healthy';
    const pace = calls[0]?.tool === 'roll_out' ? ROLLOUT_PACE[end] : PACE;
    const args = ['--sandbox', ...incident, '--sandbox-minutes-per-second', pace];
    const agent = await startAgent(args, printer({ write() {} }, {}));
    try {
      for (const { tool, args, failed, fields } of calls) {
        let { isError, data } = await agent.ask(tool, args);
        // The server can begin to roll back between two calls. A call that meets this waits, and its `next` is the same call.
        const ends = tool === 'roll_out' && fields.outcome === 'rolled_back';
        for (let more = 0; ends && data.outcome === 'waiting' && more < 5; more++)
          ({ isError, data } = await agent.ask(tool, args));
        expect(isError, `${tool} ${JSON.stringify(data)}`).toBe(failed);
        const answered = Object.keys(fields).map((name) => [name, comparable(name, text(data[name]))]);
        const shown = Object.entries(fields).map(([name, value]) => [name, comparable(name, value)]);
        expect(Object.fromEntries(answered), tool).toEqual(Object.fromEntries(shown));
      }
    } finally {
      await agent.close();
    }
  },
);

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}

/** A rollout goes back for the same reason each time, and chance decides its numbers. */
function comparable(name: string, value: string): string {
  return name === 'reason' ? value.replace(/:.*/, '') : value;
}
