/** Servers on the safety workspace whose requests meet faults from the first write on. The reads before it pass. */
import type { FaultEffect, FaultRule } from '../../src/sandbox/index.ts';
import { journalThat } from './before-sending.ts';
import type { Harness } from './harness.ts';
import { safetyWorkspace } from './safety-workspace.ts';
import { agree } from './tool-test.ts';
import { useHarness } from './use-harness.ts';

/** Call it once at the top of a test file, as `useHarness`. Each server agrees to every question. @returns starts a server with these faults. */
export function useFaults(): (...faults: FaultRule[]) => Promise<Harness> {
  const begin = useHarness((act: () => void) => ({ seed: safetyWorkspace(), journal: journalThat(act), onAsk: agree }));
  return async (...faults) => {
    let sandbox: Harness['sandbox'] | undefined;
    const h = await begin(() => {
      for (const fault of faults) sandbox?.faults.add(fault);
      sandbox = undefined;
    });
    sandbox = h.sandbox;
    return h;
  };
}

/** The same fault for every method that writes. */
export const everyWrite = (effect: FaultEffect): FaultRule[] =>
  ['POST', 'PUT', 'PATCH', 'DELETE'].map((method) => ({ match: { method, path: '/api/**' }, effect }));

/** The newest change in the journal. */
export const newest = async (h: Harness) => (await h.call('list_changes', { limit: 1 })).data.changes[0];
