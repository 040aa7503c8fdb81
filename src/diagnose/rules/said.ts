/** The failures that texts report: answers of the endpoint, and requests that failed in a service log. The rules share this reading. Pure. */
import { type Advice, adviceFor, causeInText, causeOfAnswer } from '../../advice/advice.ts';
import { dependencyFailure } from '../../digest/dependency.ts';
import { refusesPayload } from '../../digest/payload-exception.ts';
import { type RequestFailure, type ServedRequests, servedRequests } from '../../digest/request-failures.ts';
import type { AnswerEvidence, Evidence, LogEvidence } from '../evidence.ts';
import type { Proof } from '../finding.ts';
import { quotedAnswer } from '../quoted-answer.ts';
import { type Failed, failedIn, failedNow, isMany } from './numbers.ts';

/** Failures with one cause, in one place. */
export interface Said {
  /** The name of a refusal (`provider_key_invalid`), `dependency_` and its kind, `payload_breaks_model` or `model_raises`. */
  cause: string;
  /** What to do, where the words of the failure are known. */
  advice: Advice | undefined;
  proof: Proof;
  /** Failures with this cause that were seen. */
  count: number;
  /** The first of them. Milliseconds since 1970. */
  since: number | undefined;
  /** An answer names its cause. A log line may belong to another request than the one in question. */
  from: 'answer' | 'log';
  /** The entity whose log has the line. */
  entity?: string | undefined;
}

/** A service log of an entity that serves. */
export interface ServedLog {
  evidence: LogEvidence;
  entity: string;
  of: string;
  served: ServedRequests;
}

const logsRead = new WeakMap<Evidence, ServedLog[]>();
const saidIn = new WeakMap<Evidence, Said[]>();

/** The service logs of entities in the active config. Lines that may belong to another config prove nothing. */
export function servedLogs(evidence: Evidence): readonly ServedLog[] {
  const known = logsRead.get(evidence);
  if (known) return known;
  const read = evidence.logs
    .filter(({ log, deployment, doubt }) => log === 'service' && deployment.config === 'active' && doubt === undefined)
    .map((each) => ({
      evidence: each,
      entity: each.deployment.entity.name,
      of: `${each.deployment.entity.name}, config ${each.deployment.configVersion ?? '?'}`,
      served: servedRequests(each.lines),
    }));
  logsRead.set(evidence, read);
  return read;
}

/** Everything that texts say about failing requests: answers first, then logs, the most frequent first. */
export function saidBy(evidence: Evidence): readonly Said[] {
  const known = saidIn.get(evidence);
  if (known) return known;
  const found = [...fromAnswers(evidence), ...servedLogs(evidence).flatMap((log) => fromLog(evidence, log))];
  saidIn.set(evidence, found);
  return found;
}

/** Causes that say less than the exception behind them. */
const GENERAL = new Set([
  'model_raised',
  'status_model_raised',
  'status_failed_inference',
  'status_slow_model',
  'status_failed',
  'platform_error',
  'client_timeout',
  'time_limit',
  'no_upstream',
  'front_unavailable',
  'status_busy',
  'provider_failed',
]);

/** An answer as it was read. */
interface ReadAnswer {
  /** What it means. Undefined when neither its words nor its status say it. */
  advice: Advice | undefined;
  status: number | undefined;
  /** Its body. */
  text: string;
  proof: Proof;
}

/** Reads one answer as this server, clients and people write it. */
export function readAnswer(answer: AnswerEvidence, { endpoint }: Evidence): ReadAnswer {
  const external = (endpoint.config?.served_entities ?? []).some(({ external_model }) => external_model !== undefined);
  const quoted = quotedAnswer(answer.text);
  const status = answer.status ?? quoted.status;
  const { text } = quoted;
  const advice = answer.meaning ?? causeOfAnswer({ status, text }, { endpoint: endpoint.name, external });
  // An exception in the model is a 400 (fact H2), so such an error is one of the service.
  const ofService = advice?.cause === 'status_failed_inference' && /\bINTERNAL_ERROR\b/.test(answer.text);
  return {
    advice: ofService ? adviceFor('platform_error', { endpoint: endpoint.name }) : advice,
    status,
    text,
    proof: proofOf(answer),
  };
}

function fromAnswers(evidence: Evidence): Said[] {
  const { answer, answers = [] } = evidence;
  const groups = new Map<string, Said>();
  for (const each of [answer, ...answers].flatMap((one) => one ?? [])) {
    const { advice, text, proof } = readAnswer(each, evidence);
    const raised = advice === undefined || GENERAL.has(advice.cause) ? raisedIn(text) : undefined;
    const cause = raised ?? advice?.cause;
    if (cause === undefined) continue;
    const group = groups.get(cause);
    const count = each.count ?? 1;
    if (group) {
      group.count += count;
      group.since = Math.min(group.since ?? each.at, each.at);
    } else {
      groups.set(cause, { cause, advice, proof, count, since: each.at, from: 'answer' });
    }
  }
  return [...groups.values()];
}

/** An HTTP client names the address that failed. This is the address of an endpoint, so no other service failed. */
const OWN_ADDRESS = /\b(?:Client|Server) [Ee]rror.{0,80} for url\b.{0,120}\/(?:serving-endpoints|invocations)\b/;

function raisedIn(text: string): string | undefined {
  if (OWN_ADDRESS.test(text)) return undefined;
  // A traceback in an answer has its exceptions on lines of their own.
  const lines = text.split(/\\n|\n/).filter((line) => !/^\s*File "/.test(line));
  const last = lines.length > 1 ? lines.slice(-4) : [];
  const found = dependencyFailure(last) ?? dependencyFailure(exceptionIn(text));
  if (found) return `dependency_${found.kind}`;
  return refusesPayload([...last, ...exceptionIn(text)]) ? 'payload_breaks_model' : undefined;
}

/** An exception that a message quotes, from its name on. */
function exceptionIn(text: string): string[] {
  return /\b[A-Z]\w{0,60}(?:Error|Exception|Timeout|Refused)\b[:(].{0,600}/s.exec(text)?.slice(0, 1) ?? [];
}

function proofOf({ at, status, text, count = 1, from }: AnswerEvidence): Proof {
  const who = {
    caller: 'the answer',
    'own query': 'an answer to this server',
    'inference table': 'the inference table',
  };
  const times = count > 1 ? `, ${count} times` : '';
  return {
    source: 'answer',
    of: `${who[from ?? 'caller']}${status === undefined ? '' : `, status ${status}`}${times}`,
    text,
    at,
  };
}

/** Milliseconds after which a failure in a log is past, unless numbers show that requests fail now. */
const CURRENT = 60 * 60_000;
/** Milliseconds, and answers in a log without times, that say how many requests of an entity fail now. */
const NOW_MS = 15 * 60_000;
const NOW_ANSWERS = 200;
/** Share of the failures in a log below which a cause is an exception among others. */
const LEAST_PART = 0.2;

function fromLog(evidence: Evidence, log: ServedLog): Said[] {
  const failures = current(evidence, log);
  const groups = new Map<string, { said: Said; at: number }>();
  for (const failure of failures) {
    const meant = meaningOf(failure, evidence);
    const key = meant.cause === 'model_raises' ? `model_raises ${typeOf(failure.words)}` : meant.cause;
    const group = groups.get(key);
    const proof: Proof = {
      source: 'service log',
      of: log.of,
      text: log.evidence.lines[failure.line] ?? '',
      at: failure.at,
    };
    if (group) {
      group.said.count += 1;
      group.said.proof = proof;
    } else {
      const since = failure.at;
      groups.set(key, {
        said: { ...meant, proof, count: 1, since, from: 'log', entity: log.entity },
        at: failure.line,
      });
    }
  }
  const enough = Math.max(2, LEAST_PART * failures.length);
  const all = [...groups.values()].map(({ said }) => said).sort((a, b) => b.count - a.count);
  // Numbers prove that requests fail. Then one failure in the log is enough to say why.
  return all.filter(({ count }, at) => count >= enough || (at === 0 && requestsFail(evidence, log.entity) === true));
}

/** Answers that worked since, and milliseconds, after which the last failure is over. */
const RECOVERED_ANSWERS = 3;
const RECOVERED_MS = 5 * 60_000;

/** Whether the newest requests worked, for some minutes. */
function hasRecovered(
  { now }: Evidence,
  failures: readonly RequestFailure[],
  answers: ReturnType<typeof newestAnswers>,
) {
  const last = failures.at(-1);
  if (last?.at === undefined || now - last.at < RECOVERED_MS) return false;
  const since = answers.filter(({ line }) => line > last.line);
  return since.length >= RECOVERED_ANSWERS && since.every(({ status }) => status < 400);
}

/** The failures that matter now. None when the newest numbers show that requests work. */
function current(evidence: Evidence, log: ServedLog): RequestFailure[] {
  const { failures } = log.served;
  const fail = requestsFail(evidence, log.entity);
  if (fail === false) return [];
  const recent = failures.filter(({ at }) => at === undefined || evidence.now - at <= CURRENT);
  const answers = newestAnswers(evidence, log);
  if (fail === undefined && hasRecovered(evidence, failures, answers)) return [];
  const from = answers[0]?.line ?? 0;
  // The metrics also count requests that a limit refused, which no container sees. The access log has only those of the container.
  if (answers.length >= 10)
    return isMany(recent.filter(({ line }) => line >= from).length, answers.length) ? recent : [];
  if (fail === true) return recent.length > 0 ? recent : [...failures];
  return recent.length >= 3 ? recent : [];
}

/** Whether an access log has client errors. What the gateway or a queue refuses never reaches a container. */
export function containersRefuse(evidence: Evidence): boolean {
  return servedLogs(evidence).some((log) =>
    newestAnswers(evidence, log).some(({ status }) => status >= 400 && status < 500),
  );
}

/** The answers of the last minutes in an access log, where lines have times. */
export function newestAnswers({ now }: Evidence, { served: { answers } }: ServedLog): ServedLog['served']['answers'] {
  const timed = answers.filter(({ at }) => at !== undefined && now - at <= NOW_MS);
  return (timed.length >= 10 ? timed : answers).slice(-NOW_ANSWERS);
}

/**
 * Whether requests of an entity fail by the metrics. Undefined where there are too few requests to say it. Requests that a limit refused reach no
 * container, so they do not count where they are known.
 */
export function requestsFail(evidence: Evidence, entity?: string): boolean | undefined {
  const { metrics } = evidence;
  const fails = (one: Failed | undefined) => one && isMany(one.clientErrors + one.serverErrors, one.requests);
  const total = failedNow(evidence);
  const own = metrics && entity !== undefined ? failedIn(metrics.entities.get(entity), metrics) : undefined;
  if (fails(own) || fails(total)) return true;
  const counted = own?.requests ? own : total;
  return counted === undefined || counted.requests < 10 ? undefined : false;
}

/** Refusals of access and limits that a model met: they concern what it calls, not the endpoint. */
const OF_OTHERS =
  /^(?:fm_|own_limit|platform_limit|endpoint_|workspace_|token_|scope_|function_|use_|connection_|warehouse_|privilege_|sql_|ip_|network_|entitlement_|model_execute|model_unknown|no_such_api|app_|login_|oauth_|refresh_|index_|embedding_|agent_part|features_|tool_credential|secret_unreadable|dependency_missing|not_in_workspace|public_access)/;

function meaningOf({ chain }: RequestFailure, { endpoint }: Evidence): Pick<Said, 'cause' | 'advice'> {
  for (const text of chain) {
    const advice = causeInText(text, { endpoint: endpoint.name });
    // A client sees this end of TLS when its own body is too large. In the log of a model, it is about what the model calls.
    const other = advice?.cause === 'body_too_large' && /EOF occurred/.test(text);
    if (!advice || other || GENERAL.has(advice.cause)) continue;
    return { cause: OF_OTHERS.test(advice.cause) ? 'dependency_refused' : advice.cause, advice };
  }
  const dependency = dependencyFailure(chain);
  if (dependency) return { cause: `dependency_${dependency.kind}`, advice: undefined };
  if (refusesPayload(chain)) return { cause: 'payload_breaks_model', advice: undefined };
  return { cause: 'model_raises', advice: undefined };
}

/** `KeyError` of `KeyError: 'age'`. */
function typeOf(words: string): string {
  return /^[\w.]{1,120}/.exec(words)?.[0] ?? '';
}
