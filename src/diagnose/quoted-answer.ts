/** Takes a failed answer apart as people and clients quote it: its status before or behind the body, and the words of a client around both. Pure. */
import { isObject } from '../rest/json.ts';

/** A failed answer without the words around it. */
export interface Quoted {
  /** Undefined where the text has none. */
  status: number | undefined;
  /** The body, if it can be separated from the words around it. Otherwise the text without the status line at its start. */
  text: string;
}

/** A status as clients, this server and people write it: each form has it in its only group. */
const STATUS = new RegExp(
  [
    // An answer that is no failure is quoted in this form.
    '\\bHTTP(?:/[\\d.]+)?[ :]+(200|[45]\\d\\d)\\b',
    '\\b(?:status|code|error)(?:[ _-]?code)?["\']?(?: was| is)?[ :=(]+([45]\\d\\d)\\b',
    '^[\\s([]*([45]\\d\\d)\\b',
    // requests: 400 Client Error
    '\\b([45]\\d\\d) (?:Client|Server) Error\\b',
    // This server: (429 REQUEST_LIMIT_EXCEEDED)
    '\\(([45]\\d\\d) [A-Za-z_]+\\)\\s*$',
    '\\b(?:got|returned|received|with|answered)(?: an?)? ([45]\\d\\d)\\b',
  ].join('|'),
  'i',
);
/** The status line in front of a plain text. */
const STATUS_LINE =
  /^\s*(?:(?:HTTP(?:\/[\d.]+)?|(?:error|status)(?:[ _-]?code)?)[ :=]*)?[45]\d\d\b(?:[ \t]+(?:Bad Request|Unauthorized|Payment Required|Forbidden|Not Found|Conflict|Too Many Requests|Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)\b)?[\s:,–-]*/i;

/** The status and the body of a failed answer. Text without either stays as it is. */
export function quotedAnswer(text: string): Quoted {
  const body = jsonIn(text) ?? pageIn(text);
  if (body === undefined) return { status: statusIn(text), text: text.replace(STATUS_LINE, '') || text };
  // Numbers in the body are its own.
  const status = statusIn(text.slice(0, body.from)) ?? statusIn(text.slice(body.to));
  return { status, text: text.slice(body.from, body.to) };
}

function statusIn(text: string): number | undefined {
  const found = STATUS.exec(text)?.slice(1).find(Boolean);
  return found === undefined ? undefined : Number(found);
}

/** A part of a text, from an index to the one behind it. */
interface Span {
  from: number;
  to: number;
}

/** An object in JSON that has the form of an error. */
function jsonIn(text: string): Span | undefined {
  const from = text.indexOf('{');
  const to = text.lastIndexOf('}') + 1;
  if (from < 0 || to <= from) return undefined;
  try {
    const value: unknown = JSON.parse(text.slice(from, to));
    const isError =
      isObject(value) && ['error_code', 'message', 'error', 'detail', 'errors'].some((key) => key in value);
    return isError ? { from, to } : undefined;
  } catch {
    return undefined;
  }
}

/** An HTML page, which a proxy sends. */
function pageIn(text: string): Span | undefined {
  const from = text.search(/<(?:!doctype html|html)\b/i);
  return from < 0 ? undefined : { from, to: text.length };
}
