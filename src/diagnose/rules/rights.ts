/** Causes in the registry and in the rights of the creator, with whose rights an endpoint serves (fact M8). */
import { MODEL_NAME } from '../../rest/names.ts';
import type { Deployment, Evidence } from '../evidence.ts';
import type { Finding, Proof, Rule } from '../finding.ts';
import { againCall, versionsCall } from '../remedies.ts';
import { nameOf, type Signal, signalsOf } from '../signals.ts';
import { isTroubled } from '../troubled.ts';
import { concerns, SYMPTOMS, severityOf, sinceOf } from './cause-rule.ts';

/** The deployment that a missing right stops, or would stop next. */
function affected({ deployments, endpoint }: Evidence): Deployment | undefined {
  return deployments.find((each) => isTroubled(each, endpoint));
}

const inactive: Rule = {
  code: 'creator_left',
  source: 'fact M8',
  find: (evidence) => {
    const { creator, endpoint } = evidence;
    const signals = signalsOf(evidence).filter(({ cause }) => cause.id === 'creator_left');
    const known = creator?.active === false || creator?.exists === false;
    const gone = creator?.exists === false;
    const own: Proof[] =
      creator && known
        ? [{ source: 'creator', of: creator.name, text: gone ? 'the directory does not have it' : 'active: false' }]
        : [];
    const [first, ...rest] = [...own, ...signals.flatMap(({ proofs }) => proofs)];
    if (!first) return undefined;
    const deployment = signals[0]?.deployment ?? affected(evidence);
    return {
      code: 'creator_left',
      severity: deployment ? severityOf(deployment, evidence) : 'minor',
      sentence: `The creator of ${endpoint.name} ${gone ? 'is not in the workspace' : 'is not active'}, so each new deployment is refused.`,
      since: deployment && sinceOf(deployment, [first, ...rest], evidence),
      evidence: [first, ...rest],
      remedy: {
        person: 'workspace admin',
        say: 'Activate the creator again, or create the endpoint again as a service principal that stays.',
      },
      confidence: deployment && signals.length === 0 ? 'likely' : 'certain',
      ...(deployment ? concerns(deployment, evidence) : { concerns: 'update' as const }),
      explains: deployment ? [...SYMPTOMS, 'uc_execute_missing', 'uc_use_missing'] : [],
    };
  },
};

/** A right that the service names as missing, or that the creator certainly lacks. */
function missingRight(code: string, privilege: RegExp, say: string): Rule {
  return {
    code,
    source: 'fact M8',
    find: (evidence) => {
      const signals = signalsOf(evidence).filter(({ cause }) => cause.id === code);
      const lacks = (evidence.creator?.lacks ?? []).filter((each) => privilege.test(each));
      const own: Proof[] = lacks.map((text) => ({
        source: 'grants',
        of: evidence.creator?.name ?? '',
        text: `lacks ${text}`,
      }));
      const [first, ...rest] = [...signals.flatMap(({ proofs }) => proofs), ...own];
      return (
        first && rightFinding({ code, say, signals, proofs: [first, ...rest], objects: lacks.map(objectOf) }, evidence)
      );
    },
  };
}

/** `EXECUTE on model ml.prod.churn` names an object. A name that a call could not hold is left out. */
function objectOf(right: string): string | undefined {
  const name = / on \w+ (\S+)$/.exec(right)?.[1];
  return name !== undefined && (MODEL_NAME.test(name) || /^[\w.-]+$/.test(name)) ? name : undefined;
}

function rightFinding(
  found: {
    code: string;
    say: string;
    signals: readonly Signal[];
    proofs: [Proof, ...Proof[]];
    objects: (string | undefined)[];
  },
  evidence: Evidence,
): Finding {
  const { code, say, signals, proofs, objects } = found;
  const { endpoint } = evidence;
  const deployment = signals[0]?.deployment ?? affected(evidence);
  const on = objects
    .flatMap((each) => each ?? [])
    .slice(0, 3)
    .join(', ');
  const right = code === 'uc_execute_missing' ? 'EXECUTE on its model' : 'USE CATALOG or USE SCHEMA above its model';
  const after = deployment && againCall(evidence, deployment);
  return {
    code,
    severity: deployment ? severityOf(deployment, evidence) : 'minor',
    sentence: deployment
      ? `${deployment.entity.name} was not deployed: the creator of ${endpoint.name} lacks ${right}.`
      : `The creator of ${endpoint.name} lacks ${right}, so the next deployment will be refused.`,
    since: deployment && sinceOf(deployment, proofs, evidence),
    evidence: proofs,
    remedy: { person: 'object owner', say: on === '' ? say : `${say} It concerns ${on}.`, ...(after ? { after } : {}) },
    confidence: signals.length > 0 || !deployment ? 'certain' : 'likely',
    ...(deployment ? concerns(deployment, evidence) : { concerns: 'update' as const }),
    explains: deployment ? SYMPTOMS : [],
  };
}

/** A version that the registry does not have ready. Only one with status READY can be served (fact M4). */
function versionRule(
  code: string,
  is: (status: string | undefined) => boolean,
  text: { is: string; say: string; after?: true },
): Rule {
  return {
    code,
    source: 'fact M4',
    find: (evidence) =>
      evidence.deployments.flatMap((deployment): Finding[] => {
        const { entity } = deployment;
        if (!isTroubled(deployment, evidence.endpoint)) return [];
        const found = evidence.versions.find(
          ({ model, version }) => model === entity.entity_name && version === entity.entity_version,
        );
        const said = signalsOf(evidence).filter((each) => each.deployment === deployment && each.cause.id === code);
        const status = found?.found ? (found.found.status ?? 'READY') : undefined;
        const read = found !== undefined && is(status);
        const own: Proof[] = read
          ? [{ source: 'model versions', of: `${found.model} ${found.version}`, text: wordOf(status) }]
          : [];
        const [first, ...rest] = [...own, ...said.flatMap(({ proofs }) => proofs)];
        if (!first) return [];
        const call = versionsCall(entity);
        return [
          {
            code,
            severity: severityOf(deployment, evidence),
            sentence: `${entity.name} cannot be deployed: its model version ${text.is}.`,
            since: found?.found?.created_at ?? sinceOf(deployment, [first], evidence),
            evidence: [first, ...rest, ...stateProof(deployment)],
            remedy:
              call && !text.after
                ? { call, writes: false, say: text.say }
                : { person: 'model author', say: text.say, ...(call ? { after: call } : {}) },
            // A version that cannot be seen may be there.
            confidence: said.length === 0 && status === undefined ? 'likely' : 'certain',
            ...concerns(deployment, evidence),
            explains: SYMPTOMS,
          },
        ];
      }),
  };
}

function wordOf(status: string | undefined): string {
  return status === undefined ? 'does not exist, or you may not see it' : `status: ${status}`;
}

function stateProof(deployment: Deployment): Proof[] {
  const text = deployment.entity.state?.deployment_state_message;
  return text ? [{ source: 'state', of: nameOf(deployment), text }] : [];
}

export const RULES_OF_RIGHTS: readonly Rule[] = [
  inactive,
  missingRight('uc_execute_missing', /^EXECUTE\b/, 'Grant EXECUTE on the model to the creator of the endpoint.'),
  missingRight('uc_use_missing', /^USE /, 'Grant USE CATALOG and USE SCHEMA to the creator of the endpoint.'),
  versionRule('model_version_failed', (status) => status === 'FAILED_REGISTRATION', {
    is: 'failed to register',
    say: 'Register the model again: a version in this state never becomes ready.',
    after: true,
  }),
  versionRule('model_version_pending', (status) => status === 'PENDING_REGISTRATION', {
    is: 'is still being registered',
    say: 'Wait until the version is READY, then deploy it.',
  }),
  versionRule('model_version_missing', (status) => status === undefined, {
    is: 'is not in the registry',
    say: 'Choose a version that exists.',
  }),
];
