/** Journals of version 0.1.0, whose `undo` is a text of calls where null removes, stay readable, and their changes can be undone. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fileJournal } from '../../src/journal/journal.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { inTodaysWords } from '../../tools/shared/old-undo.ts';
import type { Harness } from '../support/harness.ts';
import { workspaceSettings } from '../support/invariants.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import { follow, parseCall } from '../support/workspace.ts';

/**
 * Written by version 0.1.0 for one write of each kind, with another host and without the settings before. The last one is a swap whose undo takes
 * two calls.
 */
const LINES = readFileSync(new URL('journal-0.1.0.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const CHANGES = LINES.map((line) => JSON.parse(line)).filter(({ event }) => event === 'begin');

const begin = useHarness((journal: string) => ({
  seed: safetyWorkspace(),
  journal: fileJournal(journal, { now: Date.now, random: Math.random, sanitize }),
  onAsk: () => ({ action: 'accept', content: { confirm: true } }),
}));

/** A server whose journal says that version 0.1.0 made these changes. */
async function withJournal(lines: readonly string[]): Promise<{ h: Harness; path: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'previous-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'changes.jsonl');
  const h = await begin(path);
  writeFileSync(path, lines.map((line) => `${line.replace('https://HOST', h.sandbox.host)}\n`).join(''));
  return { h, path };
}

it('every line is read: what changed, how it ended, and how to undo it', async () => {
  const { h } = await withJournal(LINES);
  const { data } = await h.call('list_changes', { limit: 50 });
  expect(data.unreadable_lines).toBeUndefined();
  expect(data.changes.map(({ id }: { id: string }) => id).sort()).toEqual(CHANGES.map(({ id }) => id).sort());
  for (const change of data.changes) expect(change).toMatchObject({ outcome: 'done', undo: 'undo_change' });
});

describe('a change of version 0.1.0 is undone exactly', () => {
  it.each(CHANGES.map((change) => [change.undo, change] as const))('%s', async (_undo, { id, call: text }) => {
    const { h, path } = await withJournal([]);
    const before = workspaceSettings(h.sandbox);
    const old = parseCall(text);
    const { tool: name, args } = inTodaysWords({ tool: old.name, args: old.args });
    const waits = /swap|traffic|update_endpoint/.test(name) ? { wait_seconds: 1800 } : {};
    expect((await h.call(name, { ...args, ...waits })).data.changed).toBe(true);
    // The record of this call gives way to the one that version 0.1.0 wrote for it.
    const lines = LINES.filter((line) => JSON.parse(line).id === id);
    writeFileSync(path, lines.map((line) => `${line.replace('https://HOST', h.sandbox.host)}\n`).join(''));
    let { data } = await h.call('undo_change', { id });
    for (let turns = 0; data.outcome === 'waiting' && turns < 30; turns++) ({ data } = await follow(h, data.next));
    expect(data).toMatchObject({ undone: id });
    expect(workspaceSettings(h.sandbox)).toEqual(before);
    expect((await h.call('list_changes', { id })).data.outcome).toBe('undone');
  });
});
