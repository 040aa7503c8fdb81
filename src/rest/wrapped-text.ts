/** Texts that quote another refusal: those of drivers, agents, HTTP clients and model servers (fact H12). Pure. */
import { isObject } from './json.ts';
import { pythonLiteral } from './python-literal.ts';

/** One text, without the marks around its words. */
export interface InsideText {
  /** Its own words: up to the refusal that it quotes. */
  words: string;
  code?: string;
  requestId?: string;
  /** HTTP status of the quoted refusal. */
  status?: number;
  /** The quoted refusal was an answer to the model. */
  byModel?: boolean;
  /** The quoted refusal: another text, or a value. */
  inside?: unknown;
}

/** `CODE: ` at the start of a message, which repeats the field. One word of capitals may be a heading, such as `ERROR`. */
const CODE = /^([A-Z]+(?:_[A-Z0-9]+)+|CANCELLED|ABORTED|UNAUTHENTICATED|UNKNOWN|INTERNAL): (?=\S)/;
const ID = /\s*\[(ReqId|RequestId|TraceId): ?([^\]\n]{0,100})\]\s*$/i;

/** Takes a text apart. `inside` is absent when it quotes no other refusal. */
export function insideText(text: string): InsideText {
  let words = text.trim();
  let requestId: string | undefined;
  for (let id = ID.exec(words); id; id = ID.exec(words)) {
    if (/^req/i.test(id[1] ?? '') && /^[\w-]{4,}$/.test(id[2] ?? '')) requestId = id[2];
    words = words.slice(0, id.index);
  }
  const code = CODE.exec(words)?.[1];
  if (code !== undefined) words = words.slice(code.length + 2);
  return {
    words,
    ...(code === undefined ? {} : { code }),
    ...(requestId === undefined ? {} : { requestId }),
    ...quotedIn(words),
  };
}

function quotedIn(words: string): Quoted | undefined {
  for (const quote of QUOTES) {
    const quoted = quote(words);
    if (quoted) return quoted;
  }
  return undefined;
}

type Quoted = Omit<InsideText, 'code' | 'requestId'>;
type Quote = (words: string) => Quoted | undefined;

/** One for each program that quotes. The first that knows the text decides. */
const QUOTES: readonly Quote[] = [
  // The driver of a warehouse.
  (words) => after(words, /^Error during request to server: (?:: )?/, (inside) => ({ inside })),
  // `ai_query` in a statement.
  (words) =>
    after(
      words,
      /\bwith code (\d{3}),? and error message '(?:HTTP request failed with status: )?(?=.*')/s,
      (rest, status) => ({ status: Number(status), inside: rest.replace(/'[^']*$/, '') }),
    ),
  // The client of OpenAI, inside an agent.
  (words) =>
    after(words, /\bError code: (\d{3}) - (?=\{)/, (rest, status) => {
      const inside = refusalOf(pythonLiteral(rest));
      return inside && { status: Number(status), byModel: true, inside };
    }),
  // litellm, inside an agent.
  (words) =>
    after(words, /\blitellm\.[\w.]*(?:Error|Exception): (?:litellm\.\w+: )?(?:\w+ - )?/, (rest) => ({
      byModel: true,
      inside: refusalOf(pythonLiteral(rest)) ?? rest,
    })),
  // Clients that print the bytes of an answer.
  (words) =>
    after(words, /\bResponse content:? (?=b?['"])/i, (rest) => {
      const inside = pythonLiteral(rest);
      const status = /status_code:? (\d{3})/.exec(rest)?.[1];
      if (typeof inside !== 'string') return undefined;
      return { byModel: true, inside, ...(status === undefined ? {} : { status: Number(status) }) };
    }),
  // Clients that print the body. Only the form of a refusal counts, because a text may also end with the caller's own data.
  (words) =>
    after(
      words,
      /(?:Response (?:from server|body|text)|failed with (?:error|status)[^:{]{0,40}|Exception):[ \n]*'?(?=\{)/i,
      (rest) => {
        const inside = refusalOf(pythonLiteral(rest));
        return inside && { byModel: true, inside };
      },
    ),
  // A model server repeats the input, which is the caller's text, before the error (fact Q14).
  (words) => afterInput(words),
  // The model raised an exception. Some releases say which.
  (words) =>
    after(
      words,
      /^Encountered an unexpected error while evaluating the model\.(?:.*?) Error '(?=.*\S.*'\.?\s*$)/s,
      (rest) => ({ byModel: true, inside: rest.replace(/'\.?\s*$/, '') }),
    ),
];

/** What follows a mark. The words end where it begins to quote. */
function after(
  words: string,
  mark: RegExp,
  read: (rest: string, group: string | undefined) => Omit<Quoted, 'words'> | undefined,
): Quoted | undefined {
  const found = mark.exec(words);
  if (!found) return undefined;
  const end = found.index + found[0].length;
  const quoted = read(words.slice(end), found[1]);
  return quoted && { words: words.slice(0, end), ...quoted };
}

/** The error after the last mark, because the input may contain such a mark too. The signature, which the caller can use, is added in short. */
function afterInput(words: string): Quoted | undefined {
  const start = /^Failed to (?:predict data|enforce schema of data) (?=')/.exec(words)?.[0];
  const last = start === undefined ? undefined : [...words.matchAll(/'\.?\s+Error:? '?/g)].at(-1);
  if (start === undefined || !last) return undefined;
  const inside = words.slice(last.index + last[0].length).replace(/'\.?\s*$/, '');
  if (inside.trim() === '') return undefined;
  const mark = "' with schema '";
  const from = words.lastIndexOf(mark, last.index);
  const schema = from < 0 ? '' : words.slice(from + mark.length, last.index);
  return {
    words: start,
    inside: schema === '' || schema.length > MAX_SCHEMA ? inside : `${inside} (schema: ${schema})`,
  };
}

/** Characters of a signature. Those of wide tables fill pages. */
const MAX_SCHEMA = 400;

/** Fields that only a refusal has. */
const FIELDS = ['error_code', 'errorCode', 'error', 'external_model_error', 'external_model_message'];

function refusalOf(value: unknown): Record<string, unknown> | undefined {
  return isObject(value) && FIELDS.some((field) => field in value) ? value : undefined;
}
