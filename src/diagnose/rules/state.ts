/** Causes that the state of an endpoint, its events or its age show: capacity, quota, time and things that are missing. */
import { ATTEMPTS, attemptsOf } from '../../digest/events.ts';
import { endsWell } from '../../digest/overcome.ts';
import { isAgentTile } from '../../plan/agent-tile.ts';
import { minutesRunning } from '../../plan/pending-update.ts';
import { isStopped } from '../../plan/stopped.ts';
import { ENDPOINT_NAME } from '../../rest/names.ts';
import type { Deployment, Evidence } from '../evidence.ts';
import type { Finding, Proof, Remedy, Rule } from '../finding.ts';
import { againCall, startCall, versionsCall, waitCall } from '../remedies.ts';
import { nameOf, ownEvents, signalsOf } from '../signals.ts';
import { isTroubled } from '../troubled.ts';
import { type CauseText, causeRules, concerns, SYMPTOMS, severityOf, sinceOf } from './cause-rule.ts';

const MANAGER = { who: 'endpoint manager' } as const;
const RECORDED = 'assumed: recorded states and events';

const again: CauseText['fix'] = (evidence, deployment) => {
  const call = againCall(evidence, deployment);
  return call && { call, say: 'Deploy the version again later, or choose another workload type.' };
};

const TABLE: Record<string, CauseText> = {
  capacity_unavailable: { ...MANAGER, source: RECORDED, is: 'the service had no capacity for it in time', fix: again },
  update_timed_out: { ...MANAGER, source: RECORDED, is: 'its deployment took longer than the service waits' },
  uc_object_not_found: { ...MANAGER, source: RECORDED, is: 'the registry has no such model or function' },
  secret_missing: {
    who: 'object owner',
    source: RECORDED,
    is: 'a secret or its scope does not exist, or the creator cannot read it',
  },
  concurrency_quota: {
    who: 'workspace admin',
    source: 'page: Debugging guide for Model Serving',
    is: 'the quota of the workspace for concurrency is used up',
  },
  quota_exceeded: {
    who: 'workspace admin',
    source: 'page: Model Serving limits and regions',
    is: 'a quota is used up',
  },
  region_unsupported: {
    ...MANAGER,
    source: 'page: Model Serving limits and regions',
    is: 'the region does not offer this',
  },
  workload_type_unsupported: {
    ...MANAGER,
    source: 'page: Model Serving limits and regions',
    is: 'the service does not offer its workload type',
  },
  function_execute_missing: { who: 'object owner', source: RECORDED, is: 'its identity lacks EXECUTE on a function' },
  endpoint_grant_missing: {
    who: 'endpoint manager',
    source: RECORDED,
    is: 'its identity may not query another endpoint',
  },
  signature_missing: {
    who: 'model author',
    source: 'mlflow, Unity Catalog registry store',
    is: 'the model has no signature',
  },
  throughput_not_eligible: {
    ...MANAGER,
    source: RECORDED,
    is: 'the model cannot be served with provisioned throughput',
  },
  unsupported_model: { who: 'model author', source: RECORDED, is: 'the service does not support this form of model' },
};

/** The causes that the tables of words prove. */
export const STATE_CAUSE_TEXTS: readonly string[] = [
  ...Object.keys(TABLE),
  'creator_left',
  'model_version_failed',
  'model_version_pending',
  'uc_execute_missing',
  'uc_use_missing',
];

const stopped: Rule = {
  code: 'endpoint_stopped',
  source: 'fact R10',
  find: ({ endpoint }) => {
    if (!isStopped(endpoint)) return undefined;
    const call = startCall(endpoint);
    return {
      code: 'endpoint_stopped',
      severity: 'critical',
      sentence: `${endpoint.name} is stopped, so it answers nothing and no query wakes it.`,
      evidence: [
        {
          source: 'state',
          of: endpoint.name,
          text: `suspend: ${String(endpoint.state.suspend ?? 'DEPLOYMENT_STOPPED')}`,
        },
      ],
      remedy: call && { call, writes: true, say: 'Start it. A running endpoint costs money.' },
      confidence: 'certain',
      explains: SYMPTOMS,
    };
  },
};

/** Minutes after which a deployment is slow: once its image is built, the service waits this long (fact R8). */
function usualMinutes({ entity }: Deployment): number {
  const type = entity.workload_type ?? 'CPU';
  if (!type.includes('GPU')) return 30;
  return /SMALL$|MEDIUM$/.test(type) && !type.startsWith('MULTIGPU') ? 60 : 120;
}

/** Minutes that a deployment always gets, whatever the earlier ones took, and how many times as long as they it may take. */
const PATIENCE = 30;
const TIMES_EARLIER = 3;

/** The longest deployment of what serves now, in minutes, where an event says when it ended. */
function earlierMinutes({ endpoint, events }: Evidence): number | undefined {
  const minutes = (endpoint.config?.served_entities ?? []).flatMap(({ name, creation_timestamp: began }) => {
    const ended = events?.find(
      (each) => each.served_entity_name === name && /creation succeeded/i.test(each.message),
    )?.timestamp;
    return began === undefined || ended === undefined || ended <= began ? [] : [(ended - began) / 60_000];
  });
  return minutes.length === 0 ? undefined : Math.round(Math.max(...minutes));
}

const slow: Rule = {
  code: 'update_slow',
  source: 'fact R8',
  find: (evidence) => {
    const { endpoint, now } = evidence;
    const deployment = evidence.deployments.find(
      ({ config, entity }) => config === 'update in progress' && entity.state?.deployment !== 'DEPLOYMENT_READY',
    );
    const minutes = minutesRunning(endpoint, now);
    const start = endpoint.pending_config?.start_time;
    if (!deployment || minutes === undefined || start === undefined) return undefined;
    const usual = usualMinutes(deployment);
    const earlier = earlierMinutes(evidence);
    const long = earlier !== undefined && minutes >= Math.max(PATIENCE, TIMES_EARLIER * earlier);
    if (minutes < usual && !long) return undefined;
    const compared = minutes < usual ? `the one before took ${earlier}` : `${usual} are usual at most`;
    const text = deployment.entity.state?.deployment_state_message ?? '';
    const builds = /container creation/i.test(text);
    const attempts = attemptsOf(ownEvents(evidence.events ?? [], deployment, endpoint.config?.config_version));
    const { name } = deployment.entity;
    const log = builds ? 'build' : 'service';
    return {
      code: 'update_slow',
      severity: 'major',
      sentence: `The update of ${endpoint.name} has run for ${minutes} minutes; ${compared}. ${name} ${builds ? 'is still being built' : 'has not started'}${attempts > 1 ? `, in attempt ${attempts} of ${ATTEMPTS}` : ''}.`,
      since: start,
      evidence: [
        {
          source: 'config',
          of: `pending config version ${endpoint.pending_config?.config_version ?? '?'}`,
          text: `start_time: ${minutes} minutes ago`,
          at: start,
        },
        { source: 'state', of: nameOf(deployment), text: text || String(deployment.entity.state?.deployment) },
      ],
      remedy: {
        call: {
          tool: 'get_logs',
          args: { endpoint: endpoint.name, ...(ENDPOINT_NAME.test(name) ? { entity: name } : {}), log },
        },
        writes: false,
        say: 'See how far it is. A person can cancel the update in the web interface.',
      },
      confidence: minutes < usual ? 'likely' : 'certain',
      ...concerns(deployment, evidence),
    };
  },
};

/** Minutes without a line after which a build is not only waiting. */
const SILENT = 60;

const silentBuild: Rule = {
  code: 'build_python_unsupported',
  source: 'assumed: recorded deployments',
  find: (evidence) => {
    const { endpoint, now } = evidence;
    const minutes = minutesRunning(endpoint, now);
    const start = endpoint.pending_config?.start_time;
    const found = evidence.logs.find(
      ({ deployment, log, lines, doubt }) =>
        log === 'build' &&
        lines.length === 0 &&
        doubt === undefined &&
        deployment.config === 'update in progress' &&
        /container creation pending/i.test(deployment.entity.state?.deployment_state_message ?? ''),
    );
    if (!found || minutes === undefined || minutes < SILENT) return undefined;
    const { deployment } = found;
    const call = versionsCall(deployment.entity);
    return {
      code: 'build_python_unsupported',
      severity: 'major',
      sentence: `The build of ${deployment.entity.name} has waited for ${minutes} minutes without a log, as builds with an unsupported version of Python do.`,
      since: start,
      evidence: [
        {
          source: 'build log',
          of: nameOf(deployment),
          text: found.missing ? 'the service has no such log' : 'the log is empty',
        },
        { source: 'state', of: nameOf(deployment), text: deployment.entity.state?.deployment_state_message ?? '' },
      ],
      remedy: {
        person: 'model author',
        say: 'Log the model with a Python version that Model Serving supports, in an environment that has this version.',
        ...(call ? { after: call } : {}),
      },
      confidence: 'likely',
      explains: ['update_slow'],
      ...concerns(deployment, evidence),
    };
  },
};

const tooLarge: Rule = {
  code: 'artifact_too_large',
  source: 'fact L13; assumed: a recorded deployment of 100 GB',
  find: (evidence) =>
    evidence.deployments.flatMap((deployment): Finding[] => {
      const own = ownEvents(evidence.events ?? [], deployment, evidence.endpoint.config?.config_version);
      const timedOut = signalsOf(evidence).find(
        (each) => each.deployment === deployment && each.cause.id === 'update_timed_out',
      );
      const attempts = attemptsOf(own);
      const build = evidence.logs.find(
        (each) => each.deployment === deployment && each.log === 'build' && each.doubt === undefined,
      );
      const broken = build !== undefined && build.explained.lines.length > 0 && !endsWell(build.lines);
      if (!timedOut || attempts < ATTEMPTS || broken || !isTroubled(deployment, evidence.endpoint)) return [];
      const starts = own.filter(({ message }) => /Container image creation initiated/i.test(message));
      const proofs: [Proof, ...Proof[]] = [
        ...timedOut.proofs,
        {
          source: 'event',
          of: nameOf(deployment),
          text: `Container image creation initiated [${attempts} times]`,
          at: starts[0]?.timestamp,
        },
      ];
      const call = versionsCall(deployment.entity);
      return [
        {
          code: 'artifact_too_large',
          severity: severityOf(deployment, evidence),
          sentence: `${deployment.entity.name} was built ${attempts} times and then timed out, as models with very large files do.`,
          since: sinceOf(deployment, proofs, evidence),
          evidence: proofs,
          remedy: {
            person: 'model author',
            say: 'Keep the artifacts of the model small, and load the rest at run time.',
            ...(call ? { after: call } : {}),
          },
          confidence: 'likely',
          ...concerns(deployment, evidence),
          explains: SYMPTOMS,
        },
      ];
    }),
};

const noEntity: Rule = {
  code: 'no_served_entity',
  source: 'fact R3',
  find: ({ endpoint }) => {
    const empty = [endpoint.config, endpoint.pending_config].every(
      (each) => (each?.served_entities ?? []).length === 0,
    );
    if (!empty || isAgentTile(endpoint) || endpoint.state.config_update === 'IN_PROGRESS' || isStopped(endpoint))
      return undefined;
    return {
      code: 'no_served_entity',
      severity: 'critical',
      sentence: `${endpoint.name} has no served entity, so it cannot answer.`,
      since: endpoint.creation_timestamp,
      evidence: [{ source: 'config', of: endpoint.name, text: 'served_entities: none' }],
      remedy: {
        person: 'endpoint manager',
        say: 'Add a served entity with update_endpoint (add_entities), or delete the endpoint.',
      },
      confidence: 'certain',
      explains: SYMPTOMS,
    };
  },
};

const cancelled: Rule = {
  code: 'update_cancelled',
  source: 'fact R6',
  find: ({ endpoint, deployments }) => {
    const { state, name, pending_config } = endpoint;
    if (state.config_update !== 'UPDATE_CANCELED') return undefined;
    const deployment = deployments.find(({ config }) => config === 'cancelled update');
    const serves = state.ready === 'READY';
    const remedy: Remedy = { person: 'endpoint manager', say: 'Send the change again if it is still wanted.' };
    const call = deployment && againCall({ endpoint } as Evidence, deployment); // it reads the endpoint alone
    return {
      code: 'update_cancelled',
      severity: serves ? 'note' : 'critical',
      sentence: `The latest update of ${name} was cancelled; ${serves ? 'the earlier config keeps serving' : 'nothing is serving'}.`,
      since: pending_config?.start_time,
      evidence: [{ source: 'state', of: name, text: 'config_update: UPDATE_CANCELED' }],
      remedy: call ? { call, writes: true, say: remedy.say } : remedy,
      confidence: 'certain',
      ...(serves ? { concerns: 'update' as const } : {}),
      explains: ['unknown_not_ready'],
    };
  },
};

const platformUpdate: Rule = {
  code: 'platform_update_failed',
  source: 'assumed: a field of recorded answers',
  find: ({ endpoint }) => {
    if (endpoint.state.system_update_failure !== true) return undefined;
    return {
      code: 'platform_update_failed',
      severity: 'minor',
      sentence: `An update of ${endpoint.name} by the platform itself failed.`,
      evidence: [{ source: 'state', of: endpoint.name, text: 'system_update_failure: true' }],
      remedy: {
        person: 'databricks',
        say: 'Ask Databricks support, or deploy the endpoint again and see whether the flag goes.',
        after: waitCall(endpoint),
      },
      confidence: 'certain',
      concerns: 'update',
    };
  },
};

export const RULES_OF_STATE: readonly Rule[] = [
  ...causeRules(TABLE),
  stopped,
  slow,
  silentBuild,
  tooLarge,
  noEntity,
  cancelled,
  platformUpdate,
];
