/** The words of a refusal, taken out of their wrappings (facts H11 and H12). Pure. */
import { isTooDeep } from '../depth.ts';
import { titleOf, wordsOfPage } from './html-page.ts';
import { isObject } from './json.ts';
import { traceInText } from './trace-in-text.ts';
import { insideText } from './wrapped-text.ts';

/**
 * Who refused. `provider`: the provider of an external model. `model`: something that the model itself called, such as another endpoint. Words
 * about a token or a grant mean another one each time.
 */
export type Refuser = 'service' | 'provider' | 'model';

/** What was said, without its wrappings. All of it is text from outside. */
export interface Said {
  /** The innermost message. */
  words: string;
  /** The messages of the wrappings, outermost first, each up to what it quotes. The last one is `words`. */
  layers: readonly string[];
  /** The codes of all wrappings, outermost first: `BAD_REQUEST`, `insufficient_quota`, `403`. */
  codes: readonly string[];
  /** The innermost HTTP status, where a wrapping names one. */
  status: number | undefined;
  by: Refuser;
  /** The provider's name as the service gives it, in the letters of a name only. */
  provider: string | undefined;
  /** The side on which a guardrail refused, and why (fact G7). */
  guardrail: { side: 'input' | 'output'; personalData: boolean } | undefined;
  requestId: string | undefined;
  /** The stack trace that a message contained. */
  trace: string | undefined;
}

/** Model servers repeat the whole input in schema errors (fact Q14). A message longer than this is not readable. */
const MAX_WORDS = 2_000;

/** Cuts a message at its last whole word, up to 200 characters earlier. It is redacted later, and half a secret is not recognizable. */
function cut(words: string): string {
  if (words.length <= MAX_WORDS) return words;
  const start = words.slice(0, MAX_WORDS);
  const whole = /\S/.test(words[MAX_WORDS] ?? '') ? start.replace(/\S{1,200}$/, '') : start;
  return `${whole}… (${words.length} characters)`;
}

/** The service wraps at most a few times. Text from outside must not decide how long this takes. */
const MAX_WRAPPINGS = 8;

/** Takes a message, or the value of a body, out of its wrappings. */
export function unwrap(value: unknown): Said {
  const draft: Draft = {
    layers: [],
    codes: [],
    status: undefined,
    by: 'service',
    provider: undefined,
    guardrail: undefined,
    requestId: undefined,
    trace: undefined,
  };
  let inside: unknown = value;
  for (let depth = 0; inside !== undefined && depth < MAX_WRAPPINGS; depth++)
    inside = typeof inside === 'string' ? fromText(inside, draft) : fromValue(inside, draft);
  return { ...draft, words: draft.layers.at(-1) ?? '' };
}

/** Takes the text of a failed answer out of its wrappings. A stack trace in a field of JSON is no part of the message. */
export function unwrapAnswer(text: string): Said {
  const body = jsonOf(text.trim());
  const trace = isObject(body) && typeof body.stack_trace === 'string' ? body.stack_trace : undefined;
  const said = unwrap(isObject(body) ? body : text);
  return { ...said, trace: trace ?? said.trace };
}

type Draft = { -readonly [Key in Exclude<keyof Said, 'words' | 'layers' | 'codes'>]: Said[Key] } & {
  layers: string[];
  codes: string[];
};

function fromText(raw: string, draft: Draft): unknown {
  const found = traceInText(raw);
  draft.trace ??= found?.trace;
  const text = found?.words ?? pageWords(raw) ?? raw;
  const { words, code, requestId, status, byModel, inside } = insideText(text);
  draft.requestId ??= requestId;
  draft.status = status ?? draft.status;
  if (code !== undefined) draft.codes.push(code);
  if (byModel && draft.by === 'service') draft.by = 'model';
  const value = inside ?? jsonOf(words);
  // JSON text is no message, but its fields are.
  if (value === undefined || inside !== undefined) draft.layers.push(cut(words));
  return value;
}

/** The words of a page that a provider or a proxy behind the service sent. */
function pageWords(text: string): string | undefined {
  if (!/^\s*<(?:!doctype|html)\b/i.test(text)) return undefined;
  return [titleOf(text), wordsOfPage(text)].filter((each) => each !== '').join(': ') || undefined;
}

function jsonOf(text: string): unknown {
  if (!/^[{["]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'number' || isTooDeep(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

function fromValue(value: unknown, draft: Draft): unknown {
  const body = Array.isArray(value) ? value[0] : value;
  if (!isObject(body)) {
    draft.layers.push(cut(JSON.stringify(value) ?? ''));
    return undefined;
  }
  takeCodes(body, draft);
  if (takeGuardrail(body, draft)) return undefined;
  const inside = providerOf(body, draft) ?? insideOf(body);
  // A code without a message says nothing more than the code.
  const isBare = Object.keys(body).every((field) => CODE_FIELDS.includes(field) || field === 'details');
  if (inside === undefined) draft.layers.push(isBare ? '' : cut(JSON.stringify(body)));
  return inside;
}

/** The fields that hold a code, in the forms of Databricks, OpenAI, Anthropic, Azure, Google, AWS and SCIM. */
const CODE_FIELDS = ['error_code', 'errorCode', 'type', 'code', 'status', 'status_code', '__type', 'scimType'];

function takeCodes(body: Record<string, unknown>, draft: Draft): void {
  const inner = isObject(body.innererror) ? [body.innererror.code] : [];
  // OAuth has its code in `error`.
  const oauth = typeof body.error === 'string' && /^[a-z_]+$/.test(body.error) ? [body.error] : [];
  for (const code of [...oauth, ...CODE_FIELDS.map((field) => body[field]), ...inner]) {
    if (typeof code !== 'string' && typeof code !== 'number') continue;
    const text = String(code);
    if (/^[45]\d\d$/.test(text)) draft.status = Number(text);
    if (/^[\w.:#/-]{1,120}$/.test(text)) draft.codes.push(text);
  }
}

/** An external model's provider, and what it said. The older form names it in a sentence (fact H11). */
function providerOf(body: Record<string, unknown>, draft: Draft): unknown {
  const sentence = typeof body.error === 'string' ? /^Received error from (\S{1,60})/.exec(body.error)?.[1] : undefined;
  const given = typeof body.external_model_provider === 'string' ? body.external_model_provider : sentence;
  const said = body.external_model_error ?? body.external_model_message;
  if (given === undefined && said === undefined) return undefined;
  draft.by = 'provider';
  draft.provider = nameOf(given);
  return said ?? body.error ?? body.message;
}

/** A provider's name is shown among trusted words. */
function nameOf(text: string | undefined): string | undefined {
  return /^[A-Za-z][\w-]{0,39}/.exec(text?.trim() ?? '')?.[0];
}

/** What servers put into `error` next to a message of their own. */
const STATUS_NAMES = new Set([
  'bad request',
  'unauthorized',
  'forbidden',
  'not found',
  'method not allowed',
  'conflict',
  'payload too large',
  'unsupported media type',
  'unprocessable entity',
  'too many requests',
  'internal server error',
  'not implemented',
  'bad gateway',
  'service unavailable',
  'gateway timeout',
]);

/** The value of the field that holds the message. */
function insideOf(body: Record<string, unknown>): unknown {
  const { error, message } = body;
  if (isObject(error)) return error;
  // The name of a status says less than a message next to it.
  const isCode = typeof error === 'string' && (/^[a-z_]+$/.test(error) || STATUS_NAMES.has(error.toLowerCase()));
  const candidates = [
    isCode ? undefined : error,
    message,
    body.error_description,
    body.errorSummary,
    detailOf(body),
    body.error_message,
    body.Message,
    body.msg,
    Array.isArray(body.errors) ? body.errors[0] : undefined,
    isCode ? error : undefined,
  ];
  return candidates.find((each) => (typeof each === 'string' && each.trim() !== '') || isObject(each));
}

/** FastAPI has its message in `detail`, or a list of fields with one each. SCIM has a word in front of it. */
function detailOf({ detail, scimType }: Record<string, unknown>): unknown {
  if (Array.isArray(detail))
    return detail
      .slice(0, 5)
      .map((each) => (isObject(each) ? `${Array.isArray(each.loc) ? `${each.loc.join('.')}: ` : ''}${each.msg}` : each))
      .join('; ');
  if (typeof detail !== 'string' || detail === 'null') return undefined;
  return typeof scimType === 'string' ? `${scimType} ${detail}` : detail;
}

/** A guardrail answers with its verdicts, which are long. The words name those that are true, and the masked text. */
function takeGuardrail(body: Record<string, unknown>, draft: Draft): boolean {
  const reason = [body.finishReason, body.finish_reason].find((each) => /guardrail_triggered/.test(String(each)));
  const side = body.output_guardrail !== undefined || /output/.test(String(reason)) ? 'output' : 'input';
  const verdicts = [body[`${side}_guardrail`]].flat().filter(isObject);
  if (reason === undefined && verdicts.length === 0) return false;
  const found = [...new Set(verdicts.flatMap(trueFlags))];
  draft.guardrail = { side, personalData: found.includes('pii_detection') };
  const masked = verdicts.map(({ anonymized_input, reason: why }) => anonymized_input ?? why);
  const own = typeof body.message === 'string' && !/^\s*\{/.test(body.message) ? body.message : undefined;
  const parts = [String(reason ?? `${side}_guardrail`), ...found, ...masked.filter((each) => typeof each === 'string')];
  draft.layers.push(cut(own ?? parts.join('; ')));
  return true;
}

function trueFlags(verdict: Record<string, unknown>): string[] {
  return Object.entries(verdict).flatMap(([name, value]) =>
    isObject(value) ? trueFlags(value) : value === true ? [name] : [],
  );
}
