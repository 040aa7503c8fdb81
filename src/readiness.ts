/**
 * Waiting until an endpoint really serves.
 *
 * A stopped endpoint never will, so the wait ends there. Otherwise three things must hold: the active config serves (`state.ready`), no update
 * runs or failed (`state.config_update`), and the active config has the requested version with its entity deployed. Each flag alone misleads (fact R1). During a swap, `ready` describes the old version. After a
 * failed swap, `NOT_UPDATING` can describe a config that never had the new version.
 */

import type { Clock } from './clock.ts';
import { AGENT_TILE, isAgentTile } from './plan/agent-tile.ts';
import { isStopped } from './plan/stopped.ts';
import type { Config, Endpoint, ServedEntity } from './rest/endpoints.ts';

export type Verdict =
  | { kind: 'done' }
  | { kind: 'pending'; note: string }
  | { kind: 'failed'; code: string; reason: string; entities: FailedEntity[] };

/** An entity whose deployment failed, with the message of the service, which is text from outside. */
export interface FailedEntity {
  name: string;
  deployment: string;
  message: string;
}

/** The state to wait for. When empty: the latest config of the endpoint. */
export interface WaitTarget {
  /** Model version that must be active. */
  version?: string;
  /** Full name of the model that the version belongs to, when known. */
  model?: string;
  /** Served entity that must be active, when known. */
  entity?: string;
  /** Config version returned by the write (fact R7). A reading with an older one is stale. */
  configVersion?: number;
  /** The write starts a stopped endpoint. An early reading may be older than the write. */
  starts?: boolean;
}

const FAILED_UPDATE = new Set(['UPDATE_FAILED', 'UPDATE_CANCELED']);
const FAILED_DEPLOYMENT = new Set(['DEPLOYMENT_FAILED', 'DEPLOYMENT_ABORTED']);
/** A reading can be older than the write before it. During this time "no update" is not believed. */
export const SETTLING_MS = 10_000;

/** Judges one reading of an endpoint. Pure. `elapsedMs` is the time waited so far. */
export function judge(wanted: WaitTarget): (seen: Endpoint, elapsedMs: number) => Verdict {
  return (seen, elapsedMs) => {
    const update = seen.state.config_update;
    const pending = seen.pending_config;
    const active = seen.config;
    const failed = failedEntities(pending);
    const ended = FAILED_UPDATE.has(update ?? '') || (update === 'IN_PROGRESS' && failed.length > 0);
    const latest = pending?.config_version ?? active?.config_version;
    if (wanted.configVersion !== undefined && latest !== undefined && latest < wanted.configVersion) {
      if (elapsedMs < SETTLING_MS || (update === 'IN_PROGRESS' && failed.length === 0)) {
        return { kind: 'pending', note: 'the change was accepted but is not visible yet' };
      }
      // A cancelled update may leave no pending config (fact R6).
      const reason =
        ended && pending === undefined
          ? failure(seen)
          : `config version ${wanted.configVersion} of ${seen.name} is neither active nor pending`;
      return { kind: 'failed', code: 'not_applied', reason, entities: [] };
    }
    if (ended && concerns(seen, wanted)) {
      return {
        kind: 'failed',
        code: update === 'UPDATE_CANCELED' ? 'update_canceled' : 'update_failed',
        reason: failure(seen),
        entities: failed,
      };
    }
    if (update === 'IN_PROGRESS') return { kind: 'pending', note: phase(pending) };
    if (isStopped(seen)) {
      if (wanted.starts && elapsedMs < SETTLING_MS) return { kind: 'pending', note: 'the start is not visible yet' };
      const reason = `endpoint ${seen.name} is stopped, so it serves nothing until someone starts it`;
      return { kind: 'failed', code: 'stopped', reason, entities: [] };
    }

    const named = wanted.version ?? wanted.entity ?? wanted.configVersion;
    if (isAgentTile(seen) && named === undefined) {
      return seen.state.ready === 'READY'
        ? { kind: 'done' }
        : { kind: 'pending', note: 'the agent does not serve yet' };
    }
    if (entities(active).length === 0) {
      if (elapsedMs < SETTLING_MS && wanted.version !== undefined)
        return { kind: 'pending', note: 'no served entity is visible yet' };
      const reason = isAgentTile(seen)
        ? `endpoint ${seen.name} is ${AGENT_TILE}, so it has no version to wait for`
        : `endpoint ${seen.name} has no served entity and no update in progress, so it will not become ready`;
      return { kind: 'failed', code: 'no_config', reason, entities: [] };
    }
    const missing = missingFrom(active, wanted);
    if (missing !== undefined) {
      if (elapsedMs < SETTLING_MS) return { kind: 'pending', note: `${missing} is not visible yet` };
      const reason = `${missing} is not in the active config of ${seen.name} and no update is in progress`;
      return { kind: 'failed', code: 'not_deployed', reason, entities: [] };
    }
    const broken = failedEntities(active);
    if (broken.length > 0) {
      return {
        kind: 'failed',
        code: 'deployment_failed',
        reason: `${broken.map((entity) => entity.name).join(', ')} failed to deploy`,
        entities: broken,
      };
    }
    const starting = entities(active).filter(
      (entity) => (entity.state?.deployment ?? 'DEPLOYMENT_READY') !== 'DEPLOYMENT_READY',
    );
    if (starting.length > 0) return { kind: 'pending', note: `${starting[0]?.name} is ${word(starting[0])}` };
    if (seen.state.ready !== 'READY') return { kind: 'pending', note: 'the active config does not serve yet' };
    return { kind: 'done' };
  };
}

/** Whether a failed update concerns the wanted state. Another person's later update does not, if the wanted config keeps serving. */
function concerns({ config: active, pending_config: pending }: Endpoint, wanted: WaitTarget): boolean {
  if (wanted.configVersion !== undefined && pending?.config_version !== undefined) {
    return pending.config_version <= wanted.configVersion;
  }
  const named = wanted.version ?? wanted.entity ?? wanted.configVersion;
  if (named === undefined || missingFrom(active, wanted) !== undefined) return true;
  return pending !== undefined && missingFrom(pending, wanted) === undefined;
}

function missingFrom(active: Config | undefined, wanted: WaitTarget): string | undefined {
  if (wanted.version === undefined && wanted.entity === undefined) return undefined;
  const found = entities(active).some(
    (entity) =>
      (wanted.version === undefined || entity.entity_version === wanted.version) &&
      (wanted.model === undefined || entity.entity_name === wanted.model) &&
      (wanted.entity === undefined || entity.name === wanted.entity),
  );
  if (found) return undefined;
  return wanted.version === undefined ? `entity ${wanted.entity}` : `version ${wanted.version}`;
}

/** The entities of a config whose deployment failed, the cause first. */
export function failedEntities(config: Config | undefined): FailedEntity[] {
  return (
    entities(config)
      .filter((entity) => FAILED_DEPLOYMENT.has(entity.state?.deployment ?? ''))
      .map((entity) => ({
        name: entity.name,
        deployment: entity.state?.deployment ?? '',
        message: entity.state?.deployment_state_message ?? '',
      }))
      // Cause first: the other entities of a failed update are aborted with it (fact R5).
      .sort((a, b) => Number(a.deployment === 'DEPLOYMENT_ABORTED') - Number(b.deployment === 'DEPLOYMENT_ABORTED'))
  );
}

function failure(seen: Endpoint): string {
  const what = seen.state.config_update === 'UPDATE_CANCELED' ? 'was cancelled' : 'failed';
  const version = seen.pending_config?.config_version;
  const still = seen.state.ready === 'READY' ? 'the previous config keeps serving' : 'nothing is serving';
  return `the update${version === undefined ? '' : ` to config version ${version}`} of ${seen.name} ${what}; ${still}`;
}

function phase(pending: Config | undefined): string {
  const starting =
    entities(pending).find((entity) => entity.state?.deployment !== 'DEPLOYMENT_READY') ?? entities(pending)[0];
  return starting ? `${starting.name} is ${word(starting)}` : 'the update is in progress';
}

function word(entity: ServedEntity | undefined): string {
  return (entity?.state?.deployment ?? 'DEPLOYMENT_CREATING').replace('DEPLOYMENT_', '').toLowerCase();
}

function entities(config: Config | undefined): ServedEntity[] {
  return config?.served_entities ?? [];
}

/** The result of a wait. `seen` is the last successful reading. */
export interface WaitResult<Seen> {
  verdict: Verdict;
  seen: Seen | undefined;
  polls: number;
  waitedMs: number;
}

/**
 * Observes until the judge decides or the time is up. Running out of time is an answer (`pending`), not an error.
 * The last reading falls on the deadline. A failure of `observe` that `tolerate` accepts counts as a reading without result.
 * @param limitMs total time to wait. 0 reads once.
 */
export async function waitFor<Seen>(options: {
  observe: () => Promise<Seen>;
  judge: (seen: Seen, elapsedMs: number) => Verdict;
  clock: Clock;
  limitMs: number;
  onPending?: (note: string, elapsedMs: number) => void;
  tolerate?: (error: unknown, elapsedMs: number) => boolean;
}): Promise<WaitResult<Seen>> {
  const { observe, clock, limitMs } = options;
  const started = clock.now();
  let seen: Seen | undefined;
  for (let polls = 1; ; polls++) {
    let verdict: Verdict;
    try {
      seen = await observe();
      verdict = options.judge(seen, clock.now() - started);
    } catch (error) {
      if (!options.tolerate?.(error, clock.now() - started)) throw error;
      verdict = { kind: 'pending', note: 'the endpoint could not be read; retrying' };
    }
    const waitedMs = clock.now() - started;
    if (verdict.kind !== 'pending' || waitedMs >= limitMs) return { verdict, seen, polls, waitedMs };
    options.onPending?.(verdict.note, waitedMs);
    await clock.sleep(pollDelay(waitedMs, limitMs - waitedMs, clock.random()));
  }
}

/**
 * Pause before the next reading, in milliseconds: about a second for the first ten seconds, then 5 to 8 seconds. A deployment of ten
 * minutes (fact R8) thus costs about a hundred reads, and never more than 130. The last pause is adjusted to end on the deadline.
 */
export function pollDelay(elapsedMs: number, remainingMs: number, random: number): number {
  const quick = 700 + elapsedMs / 10 + random * 600;
  if (elapsedMs < 10_000 && (elapsedMs + quick < 10_000 || remainingMs - quick >= 5_000))
    return Math.ceil(Math.min(remainingMs, quick));
  const pause = 5_000 + random * 3_000;
  return Math.ceil(remainingMs < pause + 5_000 ? remainingMs : pause);
}
