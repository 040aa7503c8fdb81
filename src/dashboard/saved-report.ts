/** A file that a person kept: the report of a rollout, or the answer of a tool. Pure. */
import { isTextTooDeep, MAX_DEPTH } from '../depth.ts';
import { isObject } from '../rest/json.ts';
import { sanitize } from '../text/sanitize.ts';
import type { ViewName } from '../views/host/host.ts';
import { recognise, viewOf } from '../views/read/recognise.ts';

export interface SavedReport {
  /** Without control characters and secrets. */
  data: Record<string, unknown>;
  /** What draws it. */
  view: ViewName;
}

/** Bytes of a file. The longest answer has a fiftieth of it. */
export const MAX_REPORT = 2 * 1024 * 1024;

const DRAWN =
  'A file can be the report of the rollout command, or an answer of diagnose_endpoint, get_endpoint, get_metrics, get_usage, list_endpoints or roll_out, as JSON.';

/**
 * Reads the bytes of a file.
 * @returns the report, or a sentence that says why it cannot be drawn and what can.
 */
export function readSaved(bytes: Uint8Array): SavedReport | string {
  if (bytes.length > MAX_REPORT) return `has more than ${MAX_REPORT / 1024 / 1024} MiB. ${DRAWN}`;
  const text = textOf(bytes);
  if (text === undefined) return `is not a text. ${DRAWN}`;
  if (text.trim() === '') return `is empty. ${DRAWN}`;
  if (isTextTooDeep(text, MAX_DEPTH)) return `is nested more than ${MAX_DEPTH} levels deep. ${DRAWN}`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return `is not JSON. ${DRAWN}`;
  }
  const answer = answerIn(value);
  const data = isObject(answer) ? sanitize(answer) : undefined;
  const tool = isObject(data) ? recognise(data) : undefined;
  if (!isObject(data) || tool === undefined) return `has a form that no view draws. ${DRAWN}`;
  return { data, view: viewOf(tool, data) };
}

/** Windows writes a redirected output in UTF-16, with a mark at its begin. */
function textOf(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  const form =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(form, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The answer itself, or the result of a call around it, as clients keep it: with `structuredContent`, or with text alone. */
function answerIn(value: unknown): unknown {
  if (!isObject(value)) return value;
  if ('jsonrpc' in value && isObject(value.result)) return answerIn(value.result);
  if (isObject(value.structuredContent)) return value.structuredContent;
  const [first] = Array.isArray(value.content) ? value.content : [];
  if (!isObject(first) || typeof first.text !== 'string' || recognise(value) !== undefined) return value;
  try {
    return JSON.parse(first.text);
  } catch {
    return value;
  }
}
