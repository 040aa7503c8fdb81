/** The journal in a volume: a file per user that is read, changed and written as a whole, and that outlives the process. */
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { isInVolume, journalsIn } from '../../src/hosting/journals.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { createLane, storedJournal, type TextStore } from '../../src/journal/stored-journal.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { EVERY_CHANGE } from '../support/harness.ts';
import { type ManyUsers, startManyUsers } from '../support/many-users.ts';
import { churnEntity, endpoint, seed } from '../support/workspace.ts';

const ADA = 'engineer@example.com';
const BEN = 'analyst@example.com';
const PLACE = '/Volumes/ops/audit/changes/of users';
const SCOPES = ['model-serving', 'sql', 'files'];

const open: ManyUsers[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function start(grants: Record<string, string[]> = everyone()): Promise<ManyUsers> {
  const hosted = await startManyUsers({
    seed: {
      ...seed(
        [ADA, BEN].map((user) =>
          endpoint(`own-${user.split('@')[0]}`, [churnEntity('1')], [], {
            grants: [{ user_name: user, permission_level: 'CAN_MANAGE' }],
          }),
        ),
      ),
      volumes: [{ full_name: 'ops.audit.changes', grants }],
    },
    journals: (environment) => journalsIn(PLACE, { ...environment, sanitize }),
  });
  open.push(hosted);
  return hosted;
}

function everyone(): Record<string, string[]> {
  return Object.fromEntries([ADA, BEN].map((user) => [user, ['READ_VOLUME', 'WRITE_VOLUME']]));
}

const change = (hosted: ManyUsers, user: string, description: string, scopes = SCOPES) =>
  hosted.call(
    user,
    'update_endpoint',
    { endpoint: `own-${user.split('@')[0]}`, description },
    hosted.headers(user, scopes),
  );

const changesOf = (hosted: ManyUsers, user: string) =>
  hosted.call(user, 'list_changes', {}, hosted.headers(user, SCOPES));

describe('a journal in a volume', () => {
  it('has a file for each user, written with the token of that user, and is read back by the next process', async () => {
    const hosted = await start();
    for (const text of ['One.', 'Two.']) expect(await change(hosted, ADA, text)).toMatchObject({ changed: true });
    await change(hosted, BEN, 'Three.');
    expect(await changesOf(hosted, ADA)).toMatchObject({ total: 2 });
    expect(await changesOf(hosted, BEN)).toMatchObject({ total: 1 });
    const files = hosted.sandbox.requests.filter(({ path, method }) => path.includes('/fs/files/') && method === 'PUT');
    const byPath = new Map<string, Set<string | null>>();
    for (const { path, principal } of files) byPath.set(path, (byPath.get(path) ?? new Set()).add(principal));
    expect([...byPath.values()].map((names) => [...names])).toEqual(expect.arrayContaining([[ADA], [BEN]]));
    expect(byPath.size).toBe(2);
    // Nothing is kept in memory that the file does not have.
    const { undo } = await change(hosted, ADA, 'Four.');
    hosted.sandbox.clock.advance(3 * 60 * 60_000);
    await changesOf(hosted, BEN);
    expect(hosted.users.size()).toBe(1);
    const id = /"id":"(\w+)"/.exec(String(undo))?.[1];
    const undone = await hosted.call(ADA, 'undo_change', { id }, hosted.headers(ADA, SCOPES));
    expect(undone).toMatchObject({ undone: id });
  });

  it('loses no line when calls of one user end at the same time', async () => {
    const hosted = await start();
    await Promise.all(Array.from({ length: 6 }, (_, at) => change(hosted, ADA, `Text ${at}.`)));
    const { total, changes, unreadable_lines } = await changesOf(hosted, ADA);
    expect({ total, unreadable_lines }).toEqual({ total: 6, unreadable_lines: undefined });
    for (const each of changes as { outcome: string }[]) expect(each.outcome).toBe('done');
  });

  it.each<[string, () => Promise<[ManyUsers, readonly string[]]>]>([
    ['a token without the scope files', async () => [await start(), ['model-serving', 'sql']]],
    ['a user without WRITE VOLUME', async () => [await start({ [ADA]: ['READ_VOLUME'] }), SCOPES]],
  ])(
    '%s: the write is refused before anything is sent, and says where it would be recorded',
    async (_what, setting) => {
      const [hosted, scopes] = await setting();
      const { error } = (await change(hosted, ADA, 'New.', [...scopes])) as { error: Record<string, string> };
      expect(error).toMatchObject({ code: 'journal_unavailable' });
      expect(`${error.message} ${error.next}`).toContain(PLACE);
      expect(hosted.sandbox.requests.filter(({ method }) => method === 'PATCH')).toEqual([]);
    },
  );

  it('is named by its path', () => {
    expect(isInVolume('/Volumes/a/b/c')).toBe(true);
    expect(isInVolume('/Volumes/a/b/c/d e/')).toBe(true);
    for (const place of ['/Volumes/a/b', '/volumes/a/b/c', '/var/Volumes/a/b/c', 'Volumes/a/b/c', '/Volumes//b/c'])
      expect([place, isInVolume(place)]).toEqual([place, false]);
  });
});

/** A store in memory, whose answers take a turn of the event loop. */
function memoryStore(): TextStore & { texts: Map<string, string> } {
  const texts = new Map<string, string>();
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    texts,
    async read(path) {
      await turn();
      return texts.get(path);
    },
    async write(path, text) {
      await turn();
      texts.set(path, text);
    },
  };
}

const START = {
  host: 'https://example.com',
  who: 'forwarded token',
  tool: 'set_alias',
  subject: { kind: 'model' as const, name: 'ml.prod.churn' },
  call: 'set_alias {}',
};

describe('a journal over whole texts', () => {
  const environment = { now: () => 1_700_000_000_000, random: Math.random, sanitize };

  it('is what the same journal in memory would be, for any changes at once', async () => {
    const words = fc.string({ unit: 'grapheme', maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.array(words, { minLength: 1, maxLength: 12 }), async (texts) => {
        const store = memoryStore();
        const journal = storedJournal('a.jsonl', store, createLane(), environment);
        const ids = await Promise.all(
          texts.map((text) => journal.begin({ ...START, changes: [{ field: 'description', to: text }] })),
        );
        await Promise.all(ids.map((id) => journal.end(id, { outcome: 'done' })));
        const { entries, total, unreadable } = await journal.read(EVERY_CHANGE);
        expect({ total, unreadable }).toEqual({ total: texts.length, unreadable: 0 });
        expect(new Set(entries.map(({ id }) => id))).toEqual(new Set(ids));
        expect(entries.every(({ outcome }) => outcome === 'done')).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('moves a long text aside and goes on, with the latest changes readable', async () => {
    const store = memoryStore();
    const journal = storedJournal('a.jsonl', store, createLane(), environment);
    const ids: string[] = [];
    for (let at = 0; at < 8; at++)
      ids.push(await journal.begin({ ...START, changes: [{ field: 'text', to: 'x'.repeat(150_000) }] }));
    expect([...store.texts.keys()].sort()).toEqual(['a.jsonl', 'a.jsonl.1']);
    for (const text of store.texts.values()) expect(text.length).toBeLessThan(900_000);
    const { entries } = await journal.read({ where: () => true, newest: 4 });
    expect(entries.map(({ id }) => id)).toEqual(ids.slice(-4).reverse());
  });

  it('does not lose a line that another program left without its end', async () => {
    const store = memoryStore();
    store.texts.set('a.jsonl', '{"event":"cut');
    const journal: Journal = storedJournal('a.jsonl', store, createLane(), environment);
    const id = await journal.begin({ ...START, changes: [] });
    const { entries, unreadable } = await journal.read(EVERY_CHANGE);
    expect([entries.map((each) => each.id), unreadable]).toEqual([[id], 1]);
  });

  it('that cannot be written fails the change, and the next one is tried again', async () => {
    const store = memoryStore();
    let broken = true;
    const failing: TextStore = {
      read: store.read,
      write: async (path, text) => {
        if (broken) throw new Error('away');
        return store.write(path, text);
      },
    };
    const journal = storedJournal('a.jsonl', failing, createLane(), environment);
    await expect(journal.begin({ ...START, changes: [] })).rejects.toThrow('cannot be used');
    broken = false;
    await journal.begin({ ...START, changes: [] });
    expect((await journal.read(EVERY_CHANGE)).total).toBe(1);
  });
});
