/** The effect of a failed request: whether the service accepted it, and whether it can be retried (facts H6 and H10). */
import { ApiError, TransportError } from './errors.ts';
import { isInferencePath } from './names.ts';

/** The service was busy and accepted nothing, so every method can be retried. */
export function notAccepted({ status }: ApiError): boolean {
  return status === 429 || status === 503;
}

/** A failure inside or behind the service, or on the way back: possibly after the effect. Proxies have statuses of their own (fact H10). */
export function failedInside({ status, code }: Pick<ApiError, 'status' | 'code'>): boolean {
  // A refusal, whatever its status (fact G8).
  if (code === 'FEATURE_DISABLED') return false;
  if (status === 408 || status === 499) return true;
  return status >= 500 && status !== 501 && status !== 503;
}

/** Whether a request may have taken effect, or cost an inference, although the service answered with an error. */
export function mayHaveTakenEffect(error: ApiError): boolean {
  return failedInside(error) && hasEffect(error);
}

/** Whether a failed write may have taken effect, so that only a read can decide. */
export function effectUnknown(error: unknown): boolean {
  if (error instanceof TransportError) return error.sent && hasEffect(error);
  return error instanceof ApiError && mayHaveTakenEffect(error);
}

/** A read changes nothing and costs nothing, and neither does the exchange of a token. A statement of ours reads. */
function hasEffect({ method, path }: ApiError | TransportError): boolean {
  if (path.startsWith('/api/2.0/sql/statements')) return false;
  return isInferencePath(path) || (method !== 'GET' && path !== '/oidc/v1/token');
}

/** The words come first in the message. Later ones may be the caller's own. */
const TOKEN_EXPIRED =
  /^[\w ,:.-]{0,60}(?:\btoken\b[\w ]{0,40}expir|expir[\w ]{0,40}\btoken\b|invalid access token)|^invalid token\.?$/i;

/** Codes of providers, whose refusals may arrive without their name. */
const PROVIDER_KEY = /^(?:invalid_api_key|authentication_error)$/;

/**
 * The service refuses a token that is expired or no longer valid with 401, or with 403 and these words (fact H9). Unity Gateway says it with 400
 * (fact V15). A provider of an external model refuses a key of its own with the same statuses.
 */
export function saysTokenExpired(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.said.by !== 'service') return false;
  const { status, detail, said } = error;
  if (said.codes.some((code) => PROVIDER_KEY.test(code))) return false;
  return (
    status === 401 ||
    (status === 403 && TOKEN_EXPIRED.test(detail)) ||
    (status === 400 && detail === 'Invalid Token' && error.path.startsWith('/ai-gateway/'))
  );
}

/** A quota that someone has to pay for. Providers answer with 429, as for a limit that passes (fact X4). */
export function isUsedUp({ said, detail }: ApiError): boolean {
  return said.codes.some((code) => USED_UP.test(code)) || (said.by !== 'model' && USED_UP.test(detail));
}

const USED_UP =
  /\binsufficient_quota\b|^You exceeded your current quota\b|\bcredit balance is too low\b|^billing_(?:hard_limit_reached|not_active)$/i;
