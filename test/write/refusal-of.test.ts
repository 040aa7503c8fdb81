/** A preview shows the refusal that the write itself would get, so that no one approves a change in vain. */
import { describe, expect, it } from 'vitest';
import type { HarnessOptions } from '../support/harness.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import { writes } from '../support/workspace.ts';

const begin = useHarness((options: HarnessOptions = {}) => ({ seed: safetyWorkspace(), ...options }));

/** An update of other settings, which takes minutes. */
async function underWay() {
  const h = await begin();
  const update = { endpoint: 'split', entity: 'churn-1', workload_size: 'Medium', wait_seconds: 0 };
  expect((await h.call('update_endpoint', update)).data.outcome).toBe('waiting');
  h.sandbox.requests.length = 0;
  return h;
}

const CALLS: [tool: string, args: Record<string, unknown>][] = [
  ['set_traffic', { endpoint: 'split', traffic: { 'churn-1': 10, 'churn-2': 90 } }],
  ['swap_version', { endpoint: 'split', entity: 'churn-1', version: '3' }],
  ['update_endpoint', { endpoint: 'split', entity: 'churn-1', scale_to_zero: true }],
  ['update_endpoint', { endpoint: 'split', remove_entities: ['churn-2'], traffic: { 'churn-1': 100 } }],
];

describe.each(CALLS)('while an update runs, %s %j', (tool, args) => {
  it('the write gets the refusal, which can be repeated after a wait', async () => {
    const h = await underWay();
    const { data } = await h.call(tool, args);
    expect(data.error).toMatchObject({ code: 'update_in_progress', retryable: true });
    expect(data.error.message).toContain('nothing was sent');
    expect(writes(h)).toEqual([]);
    expect(data.error.next).toContain('wait_for_endpoint {"endpoint":"split"}');
  });

  it.each([true, 'cli', 'bundle', 'curl'])('and a preview shows it, next to the change: dry_run %j', async (form) => {
    const h = await underWay();
    const refused = (await h.call(tool, args)).data.error;
    const { data, isError } = await h.call(tool, { ...args, dry_run: form });
    expect(isError).toBe(false);
    expect(data.changes.length).toBeGreaterThan(0);
    expect(data.would_be_refused).toEqual({
      code: refused.code,
      message: refused.message.replace('; nothing was sent', ''),
      next: refused.next,
    });
  });

  it('is not refused once the update has ended', async () => {
    const h = await underWay();
    h.sandbox.clock.advance(3_600_000);
    expect((await h.call(tool, { ...args, dry_run: true })).data.would_be_refused).toBeUndefined();
  });
});

describe('the other refusals are shown as well', () => {
  const TRAFFIC = CALLS[0]?.[1] ?? {};
  it.each<[code: string, options: HarnessOptions, tool: string, args: Record<string, unknown>]>([
    ['policy', { policy: { protect_endpoints: ['split'] } }, 'set_traffic', TRAFFIC],
    ['read_only', { readOnly: true }, 'set_traffic', TRAFFIC],
    ['permission_denied', { as: 'analyst@example.com' }, 'delete_endpoint', { endpoint: 'churn' }],
  ])('%s', async (code, options, tool, args) => {
    const h = await begin(options);
    const refused = (await h.call(tool, args)).data.error;
    const { data } = await h.call(tool, { ...args, dry_run: true });
    expect(refused.code).toBe(code);
    expect(data.would_be_refused).toMatchObject({ code, next: refused.next });
  });

  it('a change that may be made has none', async () => {
    const h = await begin();
    expect((await h.call('set_traffic', { ...TRAFFIC, dry_run: true })).data.would_be_refused).toBeUndefined();
  });

  it('the undo of a change, while another update runs', async () => {
    const h = await begin();
    await h.call('set_traffic', { ...TRAFFIC, wait_seconds: 1800 });
    await h.call('update_endpoint', { endpoint: 'split', entity: 'churn-1', scale_to_zero: true, wait_seconds: 0 });
    const { changes } = (await h.call('list_changes')).data;
    const { data } = await h.call('undo_change', { id: changes[1].id, dry_run: true });
    expect(data.would_be_refused.code).toBe('update_in_progress');
    expect((await h.call('undo_change', { id: changes[1].id })).data.error.code).toBe('update_in_progress');
  });
});
