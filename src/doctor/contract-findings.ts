/** All differences of one answer: its status, its headers, its form and its words. Pure. */
import { isObject } from '../rest/json.ts';
import { ANSWERS, type AnswerName, REFUSALS, type Refusal } from '../sandbox/answers/index.ts';
import { type Anonymiser, formOf } from './contract-anonymiser.ts';
import { type Asked, asExpected, type Reply } from './contract-asked.ts';
import { compareWith, type Finding } from './contract-compare.ts';
import { compareMetrics } from './contract-metrics.ts';

/** The form that an answer was compared with. */
export type Form = AnswerName | 'metrics' | 'headers';

export interface Compared {
  form: Form;
  findings: Finding[];
}

/**
 * Compares an answer that was reached.
 * @param elsewhere whether the status has a reason outside of the contract, so that only the form of the refusal counts.
 */
export function compared(asked: Asked, elsewhere: boolean, anonymiser: Anonymiser): Compared[] {
  const { question, reply } = asked;
  if (!reply) return [];
  const form = formExpected(asked, reply);
  const findings = elsewhere ? [] : statusFindings(asked, reply);
  const otherAnswer = findings.length > 0 && reply.status < 400;
  findings.push(...typeFindings(form, reply));
  // A page, or the answer to another question, would differ everywhere.
  if (!otherAnswer && reply.type !== 'text/html') findings.push(...bodyFindings(form, reply, anonymiser));
  const refusal = REFUSALS[question.id];
  if (!elsewhere && refusal && asExpected(asked)) findings.push(...refusalFindings(asked, reply, refusal, anonymiser));
  return question.unsigned
    ? [{ form, findings }]
    : [
        { form, findings },
        { form: 'headers', findings: headerFindings(reply) },
      ];
}

function formExpected({ question }: Asked, { status, body }: Reply): Form {
  if (status < 400) return question.answer;
  const scim = question.family === 'directory' && (status === 404 || (isObject(body) && body.schemas !== undefined));
  return scim ? 'scim-error' : 'error';
}

function statusFindings({ question }: Asked, { status }: Reply): Finding[] {
  const expected = question.status ?? 200;
  if (status === expected) return [];
  const row = REFUSALS[question.id]?.row;
  return [
    { pointer: 'status', sandbox: String(expected), service: String(status), ...(row === undefined ? {} : { row }) },
  ];
}

/** Types that a report may name. */
const TYPES = [
  'application/json',
  'text/plain',
  'text/html',
  'text/csv',
  'text/event-stream',
  'application/openmetrics-text',
  'application/octet-stream',
  'application/problem+json',
  'application/scim+json',
  'application/yaml',
];

/** Rows about the content type itself. */
const TYPE_ROWS: Partial<Record<Form, string>> = { metrics: 'data.metrics-type', openapi: 'data.openapi-type' };

function typeFindings(form: Form, { type }: Reply): Finding[] {
  const expected = form === 'metrics' ? 'text/plain' : 'application/json';
  if (type === expected) return [];
  const service = type === '' ? 'absent' : TYPES.includes(type) ? type : 'another type';
  const row = TYPE_ROWS[form];
  return [{ pointer: 'content-type', sandbox: expected, service, ...(row === undefined ? {} : { row }) }];
}

function bodyFindings(form: Form, { text, body }: Reply, anonymiser: Anonymiser): Finding[] {
  if (form === 'headers') return [];
  if (form === 'metrics') return compareMetrics(text, anonymiser);
  if (body === undefined) return [{ pointer: '/', sandbox: 'JSON', service: formOf(text) }];
  return compareWith(ANSWERS[form], body, anonymiser);
}

function refusalFindings(asked: Asked, { body }: Reply, refusal: Refusal, anonymiser: Anonymiser): Finding[] {
  if (!isObject(body)) return [];
  const row = refusal.row;
  const found: Finding[] = [];
  const scim = asked.question.family === 'directory';
  const code = scim ? body.status : body.error_code;
  if (code !== refusal.code && code !== undefined) {
    const known = [refusal.code, 'RESOURCE_DOES_NOT_EXIST'];
    const service = typeof code === 'number' ? `the number ${codeOf(code)}` : anonymiser.word(code, known);
    found.push({ pointer: scim ? '/status' : '/error_code', sandbox: String(refusal.code), service, row });
  }
  const message = scim ? body.detail : body.message;
  if (refusal.text === undefined || typeof message !== 'string') return found;
  const wanted = filled(refusal.text, asked.question.names);
  if (message !== wanted)
    found.push({
      pointer: scim ? '/detail' : '/message',
      sandbox: refusal.text,
      service: `${anonymiser.message(message, asked.question.names)} (${message.length} characters)`,
      row,
    });
  return found;
}

/** A code that is an HTTP status says nothing of the workspace. */
function codeOf(code: number): string {
  return Number.isInteger(code) && code >= 100 && code < 600 ? String(code) : 'of another kind';
}

function filled(text: string, names: Record<string, string> = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole);
}

const ALWAYS = ['date', 'x-request-id', 'x-databricks-org-id'];
/** Headers that would be worth reading, and that the sandbox does not send. */
const WORTH =
  /^(?:x-)?ratelimit(?:-(?:limit|remaining|reset|policy))?$|^server-timing$|^retry-after$|^x-databricks-reason-phrase$|^deprecation$|^sunset$/;
const ROW = 'request-headers';

function headerFindings({ headers, status }: Reply): Finding[] {
  const missing = ALWAYS.filter((name) => !headers[name]).map((name) => ({
    pointer: `header ${name}`,
    sandbox: 'always there',
    service: 'absent',
    row: ROW,
  }));
  const extra = Object.keys(headers).filter((name) => WORTH.test(name) && !(name === 'retry-after' && status >= 429));
  return [
    ...missing,
    ...extra.map((name) => ({ pointer: `header ${name}`, sandbox: 'not sent', service: 'sent', row: ROW })),
  ];
}
