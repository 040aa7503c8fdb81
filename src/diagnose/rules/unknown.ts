/** Symptoms without a known cause, each with the evidence that would settle it. Findings of causes explain them away. */

import { keyPart } from '../../digest/key-lines.ts';
import { partsOf } from '../../digest/log-parts.ts';
import { endsWell } from '../../digest/overcome.ts';
import { isAgentTile } from '../../plan/agent-tile.ts';
import { isStopped } from '../../plan/stopped.ts';
import type { ToolCall } from '../../refusal.ts';
import { ENDPOINT_NAME } from '../../rest/names.ts';
import type { Deployment, Evidence, LogEvidence } from '../evidence.ts';
import type { Finding, Proof, Rule } from '../finding.ts';
import { versionsCall } from '../remedies.ts';
import { nameOf, ownEvents, signalsOf } from '../signals.ts';
import { isTroubled } from '../troubled.ts';
import { concerns, severityOf, sinceOf } from './cause-rule.ts';

const LINES = 4;

/** The deployments that failed and show no cause. Of a failed update, the others were only aborted (fact R5). */
function unexplained(evidence: Evidence): Deployment[] {
  const failed = evidence.deployments.filter(
    (each) => isTroubled(each, evidence.endpoint) && each.config !== 'update in progress' && !waits(each),
  );
  const caused = new Set(
    signalsOf(evidence)
      .filter(({ cause }) => !cause.wrapper)
      .map(({ deployment }) => deployment),
  );
  const first = failed.filter(({ entity }) => entity.state?.deployment === 'DEPLOYMENT_FAILED');
  const some = first.length > 0 ? first : failed;
  return some.some((each) => caused.has(each)) && first.length === 0 ? [] : some.filter((each) => !caused.has(each));
}

/** It may still become ready. */
function waits({ config, entity }: Deployment): boolean {
  return (
    config === 'active' && ['DEPLOYMENT_CREATING', 'DEPLOYMENT_RECOVERING'].includes(entity.state?.deployment ?? '')
  );
}

type Phase = 'build' | 'load' | 'update';

function phaseOf(evidence: Evidence, deployment: Deployment): Phase {
  const log = logOf(evidence, deployment);
  const wrappers = signalsOf(evidence)
    .filter((each) => each.deployment === deployment)
    .map(({ cause }) => cause.id);
  if (wrappers.includes('container_build_failed')) return 'build';
  const service = log('service');
  const build = log('build');
  if ((service?.lines.length ?? 0) > 0 || wrappers.length > 0) return 'load';
  if (build && build.lines.length > 0) return endsWell(build.lines) ? 'load' : 'build';
  return 'update';
}

const logOf = (evidence: Evidence, deployment: Deployment) => (kind: LogEvidence['log']) =>
  evidence.logs.find((each) => each.deployment === deployment && each.log === kind && each.doubt === undefined);

function linesOf(log: LogEvidence | undefined): Proof[] {
  if (!log) return [];
  const chosen = log.explained.lines.slice(0, LINES);
  return chosen.map((at) => ({
    source: `${log.log} log` as const,
    of: nameOf(log.deployment),
    text: keyPart(log.lines[at] ?? ''),
    at: partsOf(log.lines[at] ?? '').at,
  }));
}

function logsCall({ endpoint }: Evidence, { entity }: Deployment, log: 'service' | 'build'): ToolCall {
  const named = ENDPOINT_NAME.test(entity.name) ? { entity: entity.name } : {};
  return { tool: 'get_logs', args: { endpoint: endpoint.name, ...named, log } };
}

/** An exception that no rule knows. It is the reason all the same. */
const exception: Rule = {
  code: 'load_exception',
  source: 'CPython, tracebacks',
  find: (evidence) =>
    unexplained(evidence).flatMap((deployment): Finding[] => {
      const log = logOf(evidence, deployment)('service');
      const [first, ...rest] = phaseOf(evidence, deployment) === 'load' ? linesOf(log) : [];
      if (!first) return [];
      const call = versionsCall(deployment.entity);
      return [
        {
          code: 'load_exception',
          severity: severityOf(deployment, evidence),
          sentence: `${deployment.entity.name} did not start: its log ends with the failure in the evidence, which no rule here knows.`,
          since: sinceOf(deployment, [first], evidence),
          evidence: [first, ...rest, ...stateProofs(evidence, deployment)],
          remedy: {
            person: 'model author',
            say:
              log?.explained.cause?.remedy ??
              'Load the model in a clean environment with its requirements, and correct what the lines say.',
            ...(call ? { after: call } : {}),
          },
          confidence: 'likely',
          ...concerns(deployment, evidence),
          explains: ['unknown_load_failure', 'unknown_update_failure', 'unknown_not_ready', 'update_timed_out'],
        },
      ];
    }),
};

function stateProofs({ events, endpoint }: Evidence, deployment: Deployment): Proof[] {
  const { deployment: state, deployment_state_message: text } = deployment.entity.state ?? {};
  const own = ownEvents(events ?? [], deployment, endpoint.config?.config_version).filter(({ message }) =>
    /fail|abort|error/i.test(message),
  );
  return [
    {
      source: 'state',
      of: nameOf(deployment),
      text: [state, text].filter(Boolean).join(': ') || `config_update: ${endpoint.state.config_update}`,
    },
    ...own
      .slice(-2)
      .map(
        ({ message, timestamp }): Proof => ({ source: 'event', of: nameOf(deployment), text: message, at: timestamp }),
      ),
  ];
}

const WORDS: Record<Phase, { code: string; failed: string; settles: 'service' | 'build' }> = {
  build: { code: 'unknown_build_failure', failed: 'The build of', settles: 'build' },
  load: { code: 'unknown_load_failure', failed: 'The start of', settles: 'service' },
  update: { code: 'unknown_update_failure', failed: 'The deployment of', settles: 'service' },
};

function unknownRule(phase: Phase): Rule {
  const { code, failed, settles } = WORDS[phase];
  return {
    code,
    source: 'fact R4',
    find: (evidence) =>
      unexplained(evidence).flatMap((deployment): Finding[] => {
        if (phaseOf(evidence, deployment) !== phase) return [];
        const { name } = deployment.entity;
        const log = logOf(evidence, deployment)(settles);
        const build = logOf(evidence, deployment)('build');
        const ended = phase !== 'build' && build !== undefined && endsWell(build.lines);
        const [first, ...rest] = [...linesOf(log), ...stateProofs(evidence, deployment)];
        if (!first) return [];
        const endOfBuild: Proof[] = ended
          ? [{ source: 'build log', of: nameOf(deployment), text: build.lines.at(-1) ?? '' }]
          : [];
        const empty = log === undefined || log.lines.length === 0;
        return [
          {
            code,
            severity: severityOf(deployment, evidence),
            sentence: `${failed} ${name} failed for a reason that is not visible here.${ended ? ' Its image was built, so the reason is in the service log.' : ''}`,
            since: sinceOf(deployment, [first], evidence),
            evidence: [first, ...rest, ...endOfBuild],
            remedy: {
              call: logsCall(evidence, deployment, settles),
              writes: false,
              say: empty
                ? `The ${settles} log would settle it, and the service has no lines of it now. Deploy the version again and read this log while it runs.`
                : `Read the whole ${settles} log.`,
            },
            confidence: 'certain',
            ...concerns(deployment, evidence),
            explains: ['unknown_not_ready'],
          },
        ];
      }),
  };
}

const notReady: Rule = {
  code: 'unknown_not_ready',
  source: 'fact R1',
  find: (evidence) => {
    const { endpoint } = evidence;
    const { ready, config_update } = endpoint.state;
    if (ready === 'READY' || config_update === 'IN_PROGRESS' || isStopped(endpoint)) return undefined;
    if (config_update === 'UPDATE_FAILED' && endpoint.config === undefined && endpoint.pending_config !== undefined)
      return undefined;
    if (isAgentTile(endpoint)) return undefined;
    const states = (endpoint.config?.served_entities ?? []).slice(0, LINES).map(
      (entity): Proof => ({
        source: 'state',
        of: entity.name,
        text:
          [entity.state?.deployment, entity.state?.deployment_state_message].filter(Boolean).join(': ') || 'no state',
      }),
    );
    return {
      code: 'unknown_not_ready',
      severity: 'critical',
      sentence: `${endpoint.name} does not serve, no update runs, and no reason is visible here.`,
      evidence: [
        { source: 'state', of: endpoint.name, text: `ready: ${ready}, config_update: ${config_update}` },
        ...states,
      ],
      remedy: {
        call: { tool: 'get_logs', args: { endpoint: endpoint.name } },
        writes: false,
        say: 'The service log of an entity would settle it.',
      },
      confidence: 'certain',
    };
  },
};

export const RULES_OF_UNKNOWN: readonly Rule[] = [
  exception,
  unknownRule('build'),
  unknownRule('load'),
  unknownRule('update'),
  notReady,
];
