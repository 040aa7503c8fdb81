/** A guarded rollout whose server dies at each of its writes. Another server ends it as named, with the journal and without it. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { fileJournal } from '../../src/journal/journal.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import type { HarnessOptions } from '../support/harness.ts';
import type { ProxiedRequest } from '../support/intercepting-proxy.ts';
import {
  BAD,
  type Mortal,
  mortal,
  nowServed,
  playOn,
  ROLLED_BACK,
  rolloutSeed,
  sentShares,
  WISH,
} from '../support/rollout-site.ts';
import { RUN_ALL } from '../support/selection.ts';
import { useHarness } from '../support/use-harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollout-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const begin = useHarness((options: HarnessOptions) => options);
const mortals: Mortal[] = [];
afterEach(async () => {
  await Promise.all(mortals.splice(0).map((each) => each.close()));
});

const DONE = { traffic: { 'churn-2': 0, 'churn-3': 100 }, mark: undefined, alias: 3 };
const BACK = { traffic: { 'churn-2': 100, 'churn-3': 0 }, mark: expect.stringMatching(ROLLED_BACK), alias: 2 };

/** The writes of each rollout: method, end of the path, and the number among those of this kind. */
type Write = [method: string, route: string, count: number];
const HEALTHY: Write[] = [
  ['PATCH', '/tags', 1],
  ['PUT', '/config', 1],
  ['PUT', '/config', 2],
  ['PATCH', '/tags', 2],
  ['PUT', '/config', 3],
  ['PATCH', '/tags', 3],
  ['PUT', '/champion', 1],
  ['PATCH', '/tags', 4],
];
/** The same up to the split that takes it back, and the removal of the mark. */
const FAILING = HEALTHY.slice(0, 6);

interface Kill {
  what: string;
  canary: Record<string, unknown>;
  write: Write;
  moment: ProxiedRequest['moment'];
  hasJournal: boolean;
}
const kills = [
  { what: 'healthy', canary: {}, writes: HEALTHY },
  { what: 'failing', canary: BAD, writes: FAILING },
].flatMap(({ what, canary, writes }) =>
  writes.flatMap((write) =>
    (['before', 'after'] as const).flatMap((moment) =>
      // After the last write of a success, nothing on the endpoint shows a rollout.
      (moment === 'after' && write === HEALTHY.at(-1) ? [true] : [true, false]).map(
        (hasJournal): Kill => ({ what, canary, write, moment, hasJournal }),
      ),
    ),
  ),
);
/** The states in which a rollout can be left. */
const LEFT = expect.stringMatching(/^(running|deploying|failed|unstarted|rolled_back|done)$/);
/** Where the traffic is at 100 %, and the tag has the counts of the old version. */
const TOLD = new Set([
  'after PATCH /tags 3',
  'before PUT /champion 1',
  'after PUT /champion 1',
  'before PATCH /tags 4',
]);
/** `npm test` kills where the config changes with the journal, where the alias does without it, and where the mark is all that is left. */
const FAST = new Set([
  'healthy before PUT /config 2 with',
  'healthy after PUT /config 2 with',
  'healthy after PUT /champion 1 without',
  'failing before PUT /config 3 without',
]);
const keyOf = ({ what, moment, write, hasJournal }: Kill) =>
  `${what} ${moment} ${write.join(' ')} ${hasJournal ? 'with' : 'without'}`;
const chosen = kills.filter((kill) => RUN_ALL || FAST.has(keyOf(kill)));

describe('a guarded rollout whose server dies', () => {
  it.each(
    chosen.map(
      (each) =>
        [
          `${each.what} ${each.moment} ${each.write.join(' ')}, ${each.hasJournal ? 'with' : 'without'} its journal`,
          each,
        ] as const,
    ),
  )('%s', async (_name, { canary, write, moment, hasJournal, what }) => {
    const [method, route, nth] = write;
    let now = Date.now;
    const environment = { now: () => now(), random: Math.random, sanitize };
    const kept = fileJournal(join(folder, `${randomUUID()}`, 'changes.jsonl'), environment);
    const server = mortal(
      kept,
      (request, count) =>
        request.moment === moment && request.method === method && request.path.endsWith(route) && count === nth,
    );
    mortals.push(server);
    const first = await begin(rolloutSeed(canary, server.options));
    const { sandbox } = first;
    now = sandbox.clock.now;
    await playOn(first, WISH, server.isDead);
    expect(server.isDead()).toBe(true);

    const host = server.next();
    const second = await begin({ sandbox, via: async () => host, ...(hasJournal ? { journal: kept } : {}) });
    // What is left of it can be looked at from here.
    const { data } = await second.call('get_metrics', { endpoint: 'churn', detail: 'rollout' });
    const hasTag = (moment !== 'after' || write !== HEALTHY.at(-1)) && (moment !== 'before' || write !== HEALTHY[0]);
    const left = hasJournal || hasTag ? { state: LEFT, version: '3' } : { state: 'none' };
    expect(data.guarded_rollout).toMatchObject(left);
    let answers = await playOn(second);
    const last = answers.at(-1);
    // The traffic is at 100 %, and the tag is still that of the step before. It has no counts of the old version, so a person decides.
    const unknown = `${moment} ${write.join(' ')}`;
    const isHeld = !hasJournal && ['after PUT /config 3', 'before PATCH /tags 3'].includes(unknown);
    if (what === 'healthy' && isHeld) {
      expect(last).toMatchObject({
        outcome: 'held',
        reason: expect.stringContaining('has enough counts of its earlier'),
      });
      expect(await nowServed(second)).toMatchObject({ traffic: DONE.traffic });
      answers = await playOn(second, { ...WISH, action: 'promote' });
    }
    // At 100 %, the answer names where the counts of the old version come from.
    const isTold = what === 'healthy' && !hasJournal && TOLD.has(unknown);
    expect(last.old_version_from).toEqual(isTold ? expect.stringContaining('the tag on the endpoint') : undefined);
    const healthy = what === 'healthy';
    expect(answers.at(-1)).toMatchObject({ outcome: healthy ? 'done' : 'rolled_back' });
    expect(await nowServed(second)).toEqual(healthy ? DONE : BACK);
    // Nothing is sent twice, no step is left out, and nothing goes up after the way back.
    expect(sentShares(second)).toEqual(healthy ? [0, 50, 100] : [0, 50, 0]);
    if (!hasJournal) return;
    const { changes } = (await second.call('list_changes', { limit: 50 })).data;
    for (const each of changes) expect(each.outcome).not.toBe('unfinished');
  });
});
