/** A sandbox that real clients talk to, and what they sent as short lines to hold against `wire-facts.json`. */
import { expect, onTestFinished, vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { workspace } from '../codegen/workspace.ts';
import facts from './wire-facts.json' with { type: 'json' };

export interface World {
  sandbox: Sandbox;
  /** Lines of what arrived since the last call: `METHOD path-template keys,of,the,body`. */
  sent(): string[];
}

/** A sandbox in which an hour of deployment takes half a second; closed with the test. */
export async function world(lifetime?: number): Promise<World> {
  const sandbox = await startSandbox({ seed: workspace(lifetime), clock: { kind: 'scaled', minutesPerSecond: 120 } });
  onTestFinished(() => sandbox.close());
  let read = 0;
  return {
    sandbox,
    sent() {
      const fresh = sandbox.requests.slice(read);
      read = sandbox.requests.length;
      return fresh.map(({ method, path, body }) => [method, template(path), keys(body)].filter(Boolean).join(' '));
    },
  };
}

const TEMPLATES: [RegExp, string][] = [
  [
    /^\/serving-endpoints\/(?!chat\/|completions|embeddings|responses|models)[^/]+\/invocations$/,
    '/serving-endpoints/{}/invocations',
  ],
  [/^\/serving-endpoints\/responses\/.+$/, '/serving-endpoints/responses/{}'],
  [/^\/api\/2\.0\/serving-endpoints\/pt\/[^/]+/, '/api/2.0/serving-endpoints/pt/{}'],
  [/^\/api\/2\.0\/serving-endpoints\/(?!pt(\/|$))[^/]+/, '/api/2.0/serving-endpoints/{}'],
  [/\/served-models\/[^/]+/, '/served-models/{}'],
  [/^(\/api\/2\.0\/permissions\/[^/]+)\/[^/]+/, '$1/{}'],
  [/^\/api\/2\.1\/unity-catalog\/models\/[^/]+/, '/api/2.1/unity-catalog/models/{}'],
  [/\/aliases\/[^/]+/, '/aliases/{}'],
  [/\/versions\/[^/]+/, '/versions/{}'],
  [/^\/api\/2\.0\/apps\/[^/]+/, '/api/2.0/apps/{}'],
  [/\/deployments\/[^/]+/, '/deployments/{}'],
];

function template(path: string): string {
  return TEMPLATES.reduce((text, [pattern, to]) => text.replace(pattern, to), path);
}

function keys(body: unknown): string {
  if (typeof body === 'string') return [...new URLSearchParams(body).keys()].sort().join(',');
  return typeof body === 'object' && body !== null ? Object.keys(body).sort().join(',') : '';
}

type Client = keyof typeof facts;

/**
 * Checks that a client sent what its recording of the same step shows: methods, paths and the keys of each body, in order.
 * @param polls whether neighbouring equal lines count as one, for steps that ask until something is done.
 */
export function expectAsRecorded(client: Client, step: string, sent: string[], polls = false): void {
  const recorded: Record<string, string[]> = facts[client];
  const wanted = recorded[step];
  if (!wanted) throw new Error(`no recording of the step "${step}" of ${client}`);
  const once = (lines: string[]) => lines.filter((line, at) => !polls || line !== lines[at - 1]);
  expect(once(sent)).toEqual(once(wanted));
}

/**
 * Timers of exactly this length ring at once until the end of the test; all others are left alone.
 * @returns how many of them were set so far.
 */
export function ringAtOnce(ms: number): () => number {
  const { setTimeout } = globalThis;
  let set = 0;
  const hurried = (run: () => void, wait?: number, ...rest: []) => {
    if (wait === ms) set++;
    return setTimeout(run, wait === ms ? 0 : wait, ...rest);
  };
  const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation(hurried as typeof setTimeout); // nobody promisifies it
  onTestFinished(() => void spy.mockRestore());
  return () => set;
}

/** The refusal that a throttled endpoint gives, for a number of requests. */
export function throttle(sandbox: Sandbox, path: string, times: number, seconds = 1): void {
  sandbox.faults.add({
    match: { path },
    times,
    effect: {
      status: 429,
      headers: { 'retry-after': String(seconds) },
      body: { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'Exceeded the rate limit' },
    },
  });
}
