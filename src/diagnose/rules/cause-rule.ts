/** Rules whose evidence is the words of a known cause. Pure. */
import type { FailureCause } from '../../digest/failure-cause.ts';
import type { ToolCall } from '../../refusal.ts';
import type { Deployment, Evidence } from '../evidence.ts';
import type { Finding, Person, Proof, Remedy, Rule, Severity } from '../finding.ts';
import { againCall, versionsCall } from '../remedies.ts';
import { nameOf, type Signal, signalsOf } from '../signals.ts';
import { isTroubled } from '../troubled.ts';

/** What the row of a cause in `src/digest/` does not say. */
export interface CauseText {
  /** The end of the sentence: `pip found requirements that exclude each other`. */
  is: string;
  /** Who must act, unless {@link CauseText.fix} gives a call. */
  who: Person;
  /** Who emits the words. */
  source: string;
  /** Another beginning of the sentence than that of a build or a start. */
  subject?: (entity: string) => string;
  /** The call that ends it, where one can. */
  fix?: (evidence: Evidence, deployment: Deployment) => { call: ToolCall; say: string } | undefined;
  /** Other findings that it explains. */
  explains?: readonly string[];
}

/** Findings that any known cause explains. */
export const SYMPTOMS = [
  'update_timed_out',
  'load_exception',
  'unknown_build_failure',
  'unknown_load_failure',
  'unknown_update_failure',
  'unknown_not_ready',
  'update_slow',
  'build_python_unsupported',
  'probe_failing',
] as const;

/** One rule for each cause of a table. */
export function causeRules(table: Record<string, CauseText>): Rule[] {
  return Object.entries(table).map(([code, text]) => ({
    code,
    source: text.source,
    find: (evidence) => {
      const signals = signalsOf(evidence).filter(({ cause }) => cause.id === code);
      return signals.length === 0 ? undefined : causeFinding(code, text, signals, evidence);
    },
  }));
}

/** One finding for all deployments that show the cause. */
function causeFinding(
  code: string,
  text: CauseText,
  signals: readonly Signal[],
  evidence: Evidence,
): Finding | undefined {
  const [best] = signals.toSorted((a, b) => Number(b.confidence === 'certain') - Number(a.confidence === 'certain'));
  if (!best) return undefined;
  const { deployment, cause, log } = best;
  const others = [...new Set(signals.map((each) => each.deployment))].filter((each) => each !== deployment);
  const [first, ...rest] = best.proofs;
  const more = signals.filter((each) => each !== best).flatMap(({ proofs }) => proofs);
  return {
    code,
    severity: severityOf(deployment, evidence),
    sentence: `${text.subject?.(deployment.entity.name) ?? subjectOf(deployment, evidence, cause, log)}: ${text.is}${alsoOf(others)}.`,
    since: sinceOf(deployment, best.proofs, evidence),
    evidence: [first, ...rest, ...more],
    remedy: remedyOf(text, cause, deployment, evidence),
    confidence: best.confidence,
    ...concerns(deployment, evidence),
    explains: [...SYMPTOMS.filter((each) => each !== code), ...(text.explains ?? [])],
  };
}

const BUILD_WORDS =
  /^(?:pip|conda|uv|poetry|wheel|index|build|package|hash|compile|lock|git|system_package|environment)/;

function subjectOf(deployment: Deployment, evidence: Evidence, { id }: FailureCause, log: Signal['log']): string {
  const name = deployment.entity.name;
  if (!isTroubled(deployment, evidence.endpoint)) return `${name} lost a worker`;
  const build = log === 'build' || (log === undefined && BUILD_WORDS.test(id));
  if (deployment.config === 'update in progress')
    return build ? `The build of ${name} fails` : `${name} does not start`;
  return build ? `The build of ${name} failed` : `${name} did not start`;
}

function alsoOf(others: readonly Deployment[]): string {
  return others.length === 0 ? '' : `, also for ${others.map((each) => nameOf(each)).join(' and ')}`;
}

/** A failure ends what was wanted. A running update may still succeed, and so may a container that restarts. */
export function severityOf(deployment: Deployment, { endpoint }: Evidence): Severity {
  if (!isTroubled(deployment, endpoint)) return 'major';
  return deployment.config === 'update in progress' ? 'major' : 'critical';
}

/** Whether only an update is affected, while the active config serves. */
export function concerns({ config }: Deployment, { endpoint }: Evidence): { concerns?: 'update' } {
  return config !== 'active' && endpoint.state.ready === 'READY' ? { concerns: 'update' } : {};
}

/** The time of the proof, else of the last event of the deployment, else of the update. */
export function sinceOf(
  deployment: Deployment,
  proofs: readonly Proof[],
  { endpoint, events }: Evidence,
): number | undefined {
  const told = proofs.find(({ at }) => at !== undefined)?.at;
  if (told !== undefined) return told;
  if (deployment.config === 'active') return undefined;
  const last = events?.findLast((each) => each.config_version === deployment.configVersion)?.timestamp;
  return last ?? endpoint.pending_config?.start_time;
}

const FIRST =
  'As the first deployment failed, deploy a better version with swap_version, or delete the endpoint and create it with other settings.';

function remedyOf(text: CauseText, { remedy = '' }: FailureCause, deployment: Deployment, evidence: Evidence): Remedy {
  const fix = text.fix?.(evidence, deployment);
  if (fix) return { call: fix.call, writes: true, say: fix.say };
  const after = text.who === 'model author' ? versionsCall(deployment.entity) : againCall(evidence, deployment);
  const first = evidence.endpoint.config === undefined && deployment.config === 'failed update';
  return { person: text.who, say: first ? `${remedy} ${FIRST}` : remedy, ...(after ? { after } : {}) };
}
