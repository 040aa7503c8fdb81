/** Advice on an error of the service. It follows from the words of the refusal, then from its codes, and last from its status. */
import { failedInside, mayHaveTakenEffect, notAccepted } from '../rest/effect.ts';
import type { ApiError } from '../rest/errors.ts';
import { askedPause, windowOf } from '../rest/limit-window.ts';
import { type Said, unwrap, unwrapAnswer } from '../rest/said.ts';
import { BY_STATUS } from './by-status.ts';
import { causeOf } from './cause.ts';
import { GRANTS } from './grants.ts';
import { GUARDRAILS } from './guardrails.ts';
import { LIMITS } from './limits.ts';
import { LOGIN } from './login.ts';
import { NAMES } from './names.ts';
import { NETWORK } from './network.ts';
import { PROVIDERS } from './providers.ts';
import { REQUEST } from './request.ts';
import type { CallInfo, Refusal, Row, Who } from './row.ts';
import { SERVING } from './serving.ts';
import { SQL } from './sql.ts';
import { effectUnclear, forService, isInference, isOfService, pause } from './words.ts';

export type { CallInfo } from './row.ts';
export { effectUnclear, look } from './words.ts';

/** Rows about access to this workspace. The same words mean another access when a provider or the model's own call was refused. */
const ACCESS: readonly Row[] = [...LOGIN, ...NETWORK, ...GRANTS, ...NAMES, ...LIMITS].map((row) => ({
  ...row,
  firstIn400: true,
}));
const OTHERS: readonly Row[] = [...REQUEST, ...GUARDRAILS, ...PROVIDERS, ...SERVING, ...SQL];

/** Rows about the endpoint that was called. What they say of it holds for a model service too. */
const ROUTED: readonly Row[] = [...LIMITS, ...GUARDRAILS, ...PROVIDERS];

/** Every row that words or codes can reach. */
export const ROWS: readonly Row[] = [...ACCESS, ...OTHERS];

/** Rows that need no status. */
const SPOKEN = ROWS.filter(({ words, codes }) => words.length > 0 || codes !== undefined);

/** What a refusal means. */
export interface Advice {
  /** The name of the cause, or of the status where the words are unknown. */
  cause: string;
  /** Who must act. */
  who: Who;
  /** What to do, in trusted words only. */
  next: string;
  /** Whether the same call may succeed later without any change. */
  again: boolean;
}

/** The advice for an error of the service. It is the same for a status, and for a refusal in the answer or in a stream. */
export function adviceOn(error: ApiError, info: CallInfo): Advice {
  const { refusal, row } = explain(error, info);
  const unclear = mayHaveTakenEffect(error) && !isInference(refusal);
  return {
    cause: row.id,
    who: row.who,
    next: unclear ? effectUnclear(info) : textOf(row, refusal, error),
    again: !unclear && (typeof row.again === 'boolean' ? row.again : row.again(refusal)),
  };
}

/**
 * What a text means that came without a status: a line of a log, a state message, or the error of a statement. Undefined when no words match.
 * @param info the endpoint that the text is about.
 */
export function causeInText(text: string, info: Pick<CallInfo, 'endpoint' | 'model'> = {}): Advice | undefined {
  const refusal: Refusal = {
    tool: '',
    effect: 'read',
    ...info,
    ...textRefusal(text),
    method: 'GET',
    path: '',
    retryAfterMs: askedPause(text),
    window: windowOf(text),
    raised: undefined,
  };
  const row = causeOf(refusal, refusal.by === 'provider' ? OTHERS : SPOKEN);
  if (!row) return undefined;
  const again = typeof row.again === 'boolean' ? row.again : row.again(refusal);
  return { cause: row.id, who: row.who, next: wordsOf(row, refusal), again };
}

/** A failed answer of an endpoint, as a caller quotes it or a table keeps it. */
export interface FailedAnswer {
  status: number | undefined;
  text: string;
}

/**
 * What a failed answer of an endpoint means. Undefined when neither its words nor its status say it.
 * @param info the endpoint, and whether its models run at a provider, whose refusals may arrive without its name.
 */
export function causeOfAnswer(
  { status, text }: FailedAnswer,
  info: Pick<CallInfo, 'endpoint'> & { external?: boolean } = {},
): Advice | undefined {
  const { endpoint, external = false } = info;
  const answer = unwrapAnswer(text);
  const said = partsOf(answer);
  const ofProvider = external && said.by === 'service' && !said.codes.some((code) => SERVICE_CODE.test(code));
  const by = ofProvider ? 'provider' : said.by;
  const refusal: Refusal = {
    tool: 'query_endpoint',
    effect: 'query',
    endpoint,
    ...said,
    status: said.status || (status ?? (by === 'provider' ? statusOf(said.codes) : 0)),
    by,
    method: 'POST',
    path: '/invocations',
    retryAfterMs: askedPause(text),
    window: windowOf(text),
    raised: answer.trace?.trim().split('\n').at(-1),
  };
  const explained = within(refusal);
  if (explained.row.id === 'unknown') return undefined;
  const { row, refusal: meant } = explained;
  const again = typeof row.again === 'boolean' ? row.again : row.again(meant);
  return { cause: row.id, who: row.who, next: wordsOf(row, meant), again };
}

/** The codes that the gateway writes around a provider's refusal, and the status of each. BAD_REQUEST is around refusals of every kind (fact H11). */
const STATUS_OF: Record<string, number> = {
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_DOES_NOT_EXIST: 404,
  REQUEST_LIMIT_EXCEEDED: 429,
  RESOURCE_EXHAUSTED: 429,
  TEMPORARILY_UNAVAILABLE: 503,
};

/** The status of an answer that is quoted without it. 0: its codes do not say it. */
function statusOf(codes: readonly string[]): number {
  return codes.map((code) => STATUS_OF[code]).find((status) => status !== undefined) ?? 0;
}

/** Codes that the service itself gives. */
const SERVICE_CODE = /^[A-Z]+(?:_[A-Z]+)+$/;

/** The advice of a cause that no refusal names, such as one that numbers show. Undefined for an unknown cause. */
export function adviceFor(cause: string, { endpoint }: Pick<CallInfo, 'endpoint'> = {}): Advice | undefined {
  const row = [...ROWS, ...BY_STATUS].find(({ id }) => id === cause);
  if (!row) return undefined;
  const refusal: Refusal = {
    tool: '',
    effect: 'read',
    endpoint,
    ...textRefusal(''),
    method: 'GET',
    path: '',
    retryAfterMs: undefined,
    window: undefined,
    raised: undefined,
  };
  const again = typeof row.again === 'boolean' ? row.again : row.again(refusal);
  return { cause, who: row.who, next: wordsOf(row, refusal), again };
}

/** The parts of a refusal that a text tells. */
function textRefusal(text: string): ReturnType<typeof partsOf> {
  return partsOf(unwrap(text));
}

function partsOf({
  layers,
  codes,
  status = 0,
  by,
  provider,
  guardrail,
}: Said): Pick<Refusal, 'layers' | 'codes' | 'status' | 'by' | 'provider' | 'guardrail'> {
  return { layers: [...layers].reverse(), codes, status, by, provider, guardrail };
}

function explain(error: ApiError, info: CallInfo): { refusal: Refusal; row: Row } {
  return within(refusalOf(error, info));
}

/** The row for a refusal. A model that raised an exception may have quoted a refusal in it, which says more. */
function within(refusal: Refusal): { refusal: Refusal; row: Row } {
  const row = rowFor(refusal);
  if (refusal.raised === undefined || !(row.id === 'model_raised' || BY_STATUS.includes(row))) return { refusal, row };
  const inside = { ...refusal, ...textRefusal(refusal.raised), by: 'model' as const };
  const found = causeOf(inside, SPOKEN);
  return found ? { refusal: inside, row: found } : { refusal, row };
}

function refusalOf(error: ApiError, info: CallInfo): Refusal {
  const { said, code, status, method, path, retryAfterMs, window, stackTrace } = error;
  const layers = [error.detail, ...[...said.layers].reverse()];
  // The last line of a trace names the exception.
  const raised = stackTrace?.trim().split('\n').at(-1);
  const { by, provider, guardrail } = said;
  const codes = [code, ...said.codes];
  // The innermost status says more than the one that Databricks made of it.
  return {
    ...info,
    status: said.status ?? status,
    codes,
    method,
    path,
    by,
    provider,
    guardrail,
    retryAfterMs,
    window,
    layers,
    raised,
  };
}

function rowFor(refusal: Refusal): Row {
  const byWords = causeOf(refusal, rowsFor(refusal));
  const byStatus = BY_STATUS.find(({ when }) => when?.(refusal) !== false);
  if (byWords) return byWords;
  if (!byStatus) throw new Error('unreachable: the last row has no condition');
  return byStatus;
}

function rowsFor({ by }: Refusal): readonly Row[] {
  return by === 'provider' ? OTHERS : ROWS;
}

const INSIDE = 'The model called another service, which refused it. The following is about that access of the model: ';

function wordsOf(row: Row, refusal: Refusal): string {
  if (refusal.by === 'model' && row.inside !== undefined) return row.inside;
  const text = typeof row.say === 'string' ? row.say : row.say(refusal);
  const said = isOfService(refusal) && ROUTED.some(({ id }) => id === row.id) ? forService(text) : text;
  return refusal.by === 'model' && ACCESS.includes(row) ? INSIDE + said : said;
}

function textOf(row: Row, refusal: Refusal, error: ApiError): string {
  if (!notAccepted(error) || error.method === 'GET' || isInference(refusal)) return wordsOf(row, refusal);
  const unchanged = 'The service did not accept this request, so it changed nothing.';
  return row.id.startsWith('status_')
    ? `${unchanged} Wait ${pause(refusal, 'a little')} and repeat the call, which reads the current state first.`
    : `${unchanged} ${wordsOf(row, refusal)}`;
}

/** A part that the workspace lacks is a refusal, whatever its status (fact G8). */
export function isFailure(error: ApiError): boolean {
  return failedInside(error) || (error.status >= 500 && error.code !== 'FEATURE_DISABLED');
}
