/** Which SQL warehouse runs a statement. Pure. */
import type { Warehouse } from '../rest/sql.ts';
import { closestNames } from '../text/did-you-mean.ts';
import { clip } from '../text/sanitize.ts';

/** Warehouses that a refusal lists. */
const MAX_LISTED = 15;

export type Choice =
  | { warehouse: Warehouse; starts: boolean }
  | { problem: 'unknown' | 'ambiguous' | 'none' | 'none_running' | 'several_running' | 'deleted' };

/**
 * The warehouse that a call or the start of the server names, by id or name. Without a name it is the one that runs, if there is exactly one. A statement
 * would start a stopped one, which costs money (fact W2), so `starts` says that it would; the caller decides whether it may.
 */
export function chooseWarehouse(all: readonly Warehouse[], wanted: string | undefined): Choice {
  if (wanted === undefined) {
    if (all.length === 0) return { problem: 'none' };
    const running = all.filter(({ state }) => state === 'RUNNING');
    const [only] = running;
    if (only === undefined) return { problem: 'none_running' };
    return running.length === 1 ? { warehouse: only, starts: false } : { problem: 'several_running' };
  }
  const named = matching(all, wanted);
  const [warehouse, other] = named;
  if (warehouse === undefined) return { problem: 'unknown' };
  if (other !== undefined) return { problem: 'ambiguous' };
  if (/^DELET/.test(warehouse.state)) return { problem: 'deleted' };
  // One that is starting was started by someone else.
  return { warehouse, starts: warehouse.state !== 'RUNNING' && warehouse.state !== 'STARTING' };
}

function matching(all: readonly Warehouse[], wanted: string): Warehouse[] {
  const byId = all.filter(({ id }) => id === wanted);
  if (byId.length > 0) return byId;
  const exact = all.filter(({ name }) => name === wanted);
  return exact.length > 0 ? exact : all.filter(({ name }) => name.toLowerCase() === wanted.toLowerCase());
}

/** The warehouses as a refusal lists them: those that run first. */
export function listed(all: readonly Warehouse[]): Record<string, unknown>[] {
  const rank = ({ state }: Warehouse) => ['RUNNING', 'STARTING'].indexOf(state) + 1 || 3;
  return all
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, MAX_LISTED)
    .map(({ id, name, state, cluster_size, enable_serverless_compute: serverless }) => ({
      id: clip(id, 60),
      name: clip(name, 100),
      state: clip(state, 20).toLowerCase(),
      ...(cluster_size === undefined ? {} : { size: clip(cluster_size, 20) }),
      ...(serverless === true ? { serverless } : {}),
    }));
}

/** Names that a mistyped one may mean. */
export function nearWarehouses(all: readonly Warehouse[], wanted: string): string[] {
  const names = closestNames(
    wanted,
    all.map(({ name }) => name),
  );
  return names.slice(0, 3).map((name) => clip(name, 100));
}
