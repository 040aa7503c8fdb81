/** One word for the health of an endpoint. Pure. */
import { isAgentTile } from '../plan/agent-tile.ts';
import { areAtZero } from '../plan/at-zero.ts';
import { isFoundationModel } from '../plan/foundation.ts';
import { isStopped } from '../plan/stopped.ts';
import type { Evidence } from './evidence.ts';
import type { Finding } from './finding.ts';
import { ENOUGH, failedInUsage, failedNow, isDoubtful } from './rules/numbers.ts';

export type Verdict =
  | 'stopped'
  | 'updating'
  | 'not_serving'
  | 'failing'
  | 'update_failed'
  | 'degraded'
  | 'idle'
  | 'unknown'
  | 'healthy';

interface Definition {
  verdict: Verdict;
  /** For people. */
  means: string;
  is(evidence: Evidence, findings: readonly Finding[]): boolean;
}

/** Findings about what serves now. */
const serving = (findings: readonly Finding[], severity: Finding['severity']) =>
  findings.some((each) => each.severity === severity && each.concerns !== 'update');
const failed = ({ endpoint: { state, pending_config } }: Evidence) =>
  state.config_update === 'UPDATE_FAILED' ||
  (state.config_update === 'IN_PROGRESS' &&
    (pending_config?.served_entities ?? []).some((each) => each.state?.deployment === 'DEPLOYMENT_FAILED'));

/** The first that is true counts. */
export const VERDICTS: readonly Definition[] = [
  { verdict: 'stopped', means: 'A person stopped it.', is: ({ endpoint }) => isStopped(endpoint) },
  {
    verdict: 'updating',
    means: 'Nothing serves yet, and a deployment runs.',
    is: (evidence) =>
      evidence.endpoint.state.ready !== 'READY' &&
      evidence.endpoint.state.config_update === 'IN_PROGRESS' &&
      !failed(evidence),
  },
  {
    verdict: 'not_serving',
    means: 'Nothing serves, and no deployment runs.',
    is: ({ endpoint }) => endpoint.state.ready !== 'READY',
  },
  {
    verdict: 'failing',
    means: 'By its state it serves, but requests fail.',
    is: (_evidence, findings) => serving(findings, 'critical'),
  },
  {
    verdict: 'update_failed',
    means: 'The latest update failed, and the earlier config keeps serving.',
    is: (evidence) => failed(evidence),
  },
  {
    verdict: 'degraded',
    means: 'It serves, and a part of the requests fails or soon will.',
    is: (_evidence, findings) => serving(findings, 'major'),
  },
  {
    verdict: 'updating',
    means: 'It serves, and an update runs.',
    is: ({ endpoint }) => endpoint.state.config_update === 'IN_PROGRESS',
  },
  {
    verdict: 'idle',
    means: 'It serves, and no request came in the minutes that were measured.',
    is: (evidence) => isAsleep(evidence) || evidence.metrics?.total.requests === 0,
  },
  {
    verdict: 'unknown',
    means: 'It is ready by its state, and nothing shows whether requests succeed, or most of a few failed.',
    is: (evidence) => !requestsSeen(evidence) || isInDoubt(evidence),
  },
  { verdict: 'healthy', means: 'It serves, and nothing that was read speaks against it.', is: () => true },
];

/** @param findings those of the answer. */
export function verdictOf(evidence: Evidence, findings: readonly Finding[]): Verdict {
  return VERDICTS.find(({ is }) => is(evidence, findings))?.verdict ?? 'unknown';
}

/** Whether no request can be answered before a replica has started. */
export function isAsleep({ endpoint }: Evidence): boolean {
  return areAtZero(endpoint.config?.served_entities ?? []);
}

/** Whether the only requests that were seen are few, and most of them failed. */
export function isInDoubt(evidence: Evidence): boolean {
  const table = failedInUsage(evidence);
  const failed = table && table.requests >= ENOUGH ? table : failedNow(evidence);
  if (!failed) return false;
  return isDoubtful(failed.clientErrors + failed.serverErrors + (failed.rateLimited ?? 0), failed.requests);
}

/** Whether the metrics show requests. Of foundation models, and of agents that another product builds, there are none to read. */
function requestsSeen({ endpoint, metrics }: Evidence): boolean {
  if (metrics === undefined) return isFoundationModel(endpoint) || isAgentTile(endpoint);
  return metrics.total.requests !== undefined;
}
