/** Where the words of known causes appear: in the logs, the state and the events of the deployments that need an explanation. Pure. */
import { eventReasons } from '../digest/events.ts';
import type { FailureCause } from '../digest/failure-cause.ts';
import { causeOf } from '../digest/failure-causes.ts';
import { keyPart, type LogKind } from '../digest/key-lines.ts';
import { partsOf } from '../digest/log-parts.ts';
import { TOO_LARGE } from '../digest/state-causes.ts';
import type { Event } from '../rest/logs.ts';
import type { Deployment, Evidence, LogEvidence } from './evidence.ts';
import type { Confidence, Proof } from './finding.ts';
import { isTroubled } from './troubled.ts';

/** The words of one cause, for one deployment. */
export interface Signal {
  cause: FailureCause;
  deployment: Deployment;
  /** The first one is the best. */
  proofs: readonly [Proof, ...Proof[]];
  confidence: Confidence;
  /** The log that has the words. Undefined for a state message or an event. */
  log: LogKind | undefined;
}

/** Lines of one log in a finding. */
const LINES = 4;

const known = new WeakMap<Evidence, readonly Signal[]>();

/** All signals, in the order of the deployments: logs first, then the state, then events. */
export function signalsOf(evidence: Evidence): readonly Signal[] {
  const before = known.get(evidence);
  if (before) return before;
  const found = evidence.deployments.flatMap((each) => {
    const logs = logSignals(evidence, each);
    const states = isTroubled(each, evidence.endpoint) ? stateSignals(evidence, each) : [];
    return [...logs, ...(logs.length > 0 ? states.filter(({ proofs }) => !isGuess(proofs[0])) : states)];
  });
  known.set(evidence, found);
  return found;
}

/** The platform's own class of an exception. The log has the exception itself. */
function isGuess({ text }: Proof): boolean {
  return /\bmlflow_parse\b|\bcategory: \w|\bPhase: \w/.test(text);
}

/** An entity and its config version, as proofs name it. */
export function nameOf({ entity, configVersion }: Deployment): string {
  return configVersion === undefined ? entity.name : `${entity.name}, config version ${configVersion}`;
}

function logSignals(evidence: Evidence, deployment: Deployment): Signal[] {
  const troubled = isTroubled(deployment, evidence.endpoint);
  const own = evidence.logs.filter((each) => each.deployment === deployment && each.doubt === undefined);
  return own.flatMap((log) => {
    const main = log.explained;
    // Events of a running update can still end well.
    const sure: Confidence = deployment.config === 'update in progress' ? 'likely' : 'certain';
    return [main, ...(log.more ?? [])].flatMap(({ cause, lines }, at): Signal[] => {
      if (!cause) return [];
      // The line with the words of the cause comes first, then its context.
      const says = (line: number) => Number(cause.words.test(log.lines[line] ?? ''));
      const chosen = lines.toSorted((a, b) => says(b) - says(a)).slice(0, LINES);
      const [first, ...rest] = chosen.map((line) => proofOf(log, line));
      if (!first) return [];
      // What serves may have written the same words and gone on, except where a worker was lost.
      if (!troubled && !(cause.lasting && log.log === 'service')) return [];
      const confidence = cause.weak || at > 0 || !troubled || isOnlyWarned(log, chosen[0]) ? 'likely' : sure;
      return [{ cause, deployment, proofs: [first, ...rest], confidence, log: log.log }];
    });
  });
}

/** A package that was then not found proves that a refusal by an index was no mere warning. */
const NOT_FOUND =
  /No matching distribution found for|Could not find a version that satisfies|No solution found when resolving/;

/** Whether a build only warned of the cause. Then it may have failed for another reason, whose words are unknown. */
function isOnlyWarned({ log, lines }: LogEvidence, at = -1): boolean {
  return log === 'build' && partsOf(lines[at] ?? '').level === 'warning' && !lines.some((line) => NOT_FOUND.test(line));
}

function proofOf({ deployment, log, lines }: LogEvidence, at: number): Proof {
  const line = lines[at] ?? '';
  return { source: `${log} log`, of: nameOf(deployment), text: keyPart(line), at: partsOf(line).at };
}

function stateSignals({ events, endpoint }: Evidence, deployment: Deployment): Signal[] {
  const { entity, configVersion } = deployment;
  const found: Signal[] = [];
  const text = entity.state?.deployment_state_message ?? '';
  const cause = causeOf(text);
  if (cause)
    found.push({
      cause,
      deployment,
      proofs: [{ source: 'state', of: nameOf(deployment), text }],
      confidence: 'certain',
      log: undefined,
    });
  const own = ownEvents(events ?? [], deployment, endpoint.config?.config_version);
  const { messages, cause: named } = eventReasons(own, configVersion);
  const proofs = messages.map((message): Proof => {
    const at = own.findLast((each) => each.message === message)?.timestamp;
    return { source: 'event', of: nameOf(deployment), text: message, at };
  });
  // Each message has a reason of its own: a container that was killed, and the update that then ran out of time.
  const byMessage = messages.map(causeOf);
  const said = named && !byMessage.includes(named) && named !== TOO_LARGE ? [named] : [];
  for (const reported of new Set([...byMessage, ...said])) {
    if (!reported) continue;
    const [first, ...rest] = proofs.toSorted(
      (a, b) => Number(causeOf(b.text) === reported) - Number(causeOf(a.text) === reported),
    );
    if (first)
      found.push({ cause: reported, deployment, proofs: [first, ...rest], confidence: 'certain', log: undefined });
  }
  return found;
}

/** The events of a deployment. Those without a version may be its own, but not those of the config that serves. */
export function ownEvents(
  events: readonly Event[],
  { entity, configVersion, config }: Deployment,
  active: number | undefined,
): Event[] {
  const own = events.filter(
    ({ served_entity_name: name, config_version: version }) =>
      (name === undefined || name === entity.name) &&
      (version === undefined
        ? config !== 'active' || active === undefined
        : configVersion === undefined || version === configVersion),
  );
  // Those of one moment come in no order.
  return own.toSorted((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0) || (a.message < b.message ? -1 : 1));
}
