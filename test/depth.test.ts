/** JSON that is nested thousands of levels deep is never lost as an internal error: not in arguments, in answers or in the journal. */
import { describe, expect, it } from 'vitest';
import { clipDepth, isTextTooDeep, isTooDeep, MAX_DEPTH, TOO_DEEP } from '../src/depth.ts';
import { entriesOf } from '../src/journal/lines.ts';
import { TransportError } from '../src/rest/errors.ts';
import { EVERY_CHANGE, type Harness } from './support/harness.ts';
import { json, startService, tryHttp } from './support/scripted-service.ts';
import { expectRefusal, withEndpoints } from './support/tool-test.ts';
import { useHarness } from './support/use-harness.ts';
import { churnEntity, endpoint } from './support/workspace.ts';

/** JSON.stringify cannot write values with as many levels. */
const LEVELS = 20_000;
const list = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const object = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const FORMS: [string, string][] = [
  ['lists', list(LEVELS)],
  ['objects', object(LEVELS)],
  ['a list in a list of many', `[1,[2,${list(LEVELS)}],3]`],
];

describe('a value', () => {
  it(`of ${MAX_DEPTH} levels stays as it is, and one of a level more is clipped`, () => {
    for (const form of [list, object]) {
      const whole = JSON.parse(form(MAX_DEPTH));
      expect(isTooDeep(whole)).toBe(false);
      expect(clipDepth(whole)).toBe(whole);
      const deeper = JSON.parse(form(MAX_DEPTH + 1));
      expect(isTooDeep(deeper)).toBe(true);
      expect(isTooDeep(clipDepth(deeper))).toBe(false);
      expect(JSON.stringify(clipDepth(deeper))).toContain(TOO_DEEP);
    }
  });

  it('as text is judged without its strings, whose brackets are no levels', () => {
    for (const form of [list, object]) {
      expect(isTextTooDeep(form(5), 5)).toBe(false);
      expect(isTextTooDeep(form(6), 5)).toBe(true);
    }
    expect(isTextTooDeep(JSON.stringify([{ a: '[[[[', b: '"[[[[', c: '\\', d: '\\"[[[[' }]), 2)).toBe(false);
    expect(isTextTooDeep(JSON.stringify([['\\'], ['"'], [[1]]]), 2)).toBe(true);
    expect(isTextTooDeep(JSON.stringify([[1], [2], [3]]), 2)).toBe(false);
    expect(isTextTooDeep('"[[[[', 2)).toBe(false);
  });

  it('keeps everything that is not too deep', () => {
    const clipped = clipDepth({ a: [1, { b: null }], deep: JSON.parse(list(LEVELS)) });
    expect(clipped).toMatchObject({ a: [1, { b: null }] });
  });
});

const begin = useHarness(withEndpoints);
const churn = () => begin([endpoint('churn', [churnEntity('1')])]);
const INVOCATIONS = '/serving-endpoints/churn/invocations';
const ROW = { endpoint: 'churn', dataframe_records: [{ x: 1 }] };

function answer(h: Harness, path: string, status: number, body: string, type = 'application/json'): void {
  h.sandbox.faults.add({ match: { path }, times: 1, effect: { status, body, headers: { 'content-type': type } } });
}

describe('an answer of a model', () => {
  it.each(FORMS)('is shown up to a depth, and the answer says that the model ran: %s', async (_what, deep) => {
    for (const body of [`{"predictions":${deep}}`, deep, `{"outputs":${deep}}`, `{"other":${deep}}`]) {
      const h = await churn();
      answer(h, INVOCATIONS, 200, body);
      const { data, isError } = await h.call('query_endpoint', ROW);
      expect(isError).toBe(false);
      expect(data.clipped).toContain('The model ran');
      expect(JSON.stringify(data)).toContain(TOO_DEEP);
    }
  });

  it('that is a text keeps it, whatever is nested next to it', async () => {
    const h = await churn();
    const message = '{"role":"assistant","content":"a word"}';
    answer(h, INVOCATIONS, 200, `{"choices":[{"message":${message},"x":${list(LEVELS)}}],"usage":${object(LEVELS)}}`);
    const { data } = await h.call('query_endpoint', { endpoint: 'churn', messages: [{ role: 'user', content: 'x' }] });
    expect(data).toMatchObject({ text: 'a word', clipped: expect.any(String) });
  });

  it('in a stream keeps the text of the other frames', async () => {
    const h = await churn();
    const frames = [
      '{"choices":[{"delta":{"content":"one "}}]}',
      `{"choices":[{"delta":{"content":"two","x":${object(LEVELS)}},"finish_reason":"stop"}]}`,
    ];
    const body = `${frames.map((frame) => `data: ${frame}\n\n`).join('')}data: [DONE]\n\n`;
    answer(h, INVOCATIONS, 200, body, 'text/event-stream');
    const args = { endpoint: 'churn', messages: [{ role: 'user', content: 'x' }], stream: true };
    expect((await h.call('query_endpoint', args)).data).toMatchObject({ text: 'one two', finish_reason: 'stop' });
  });

  it.each(FORMS)('that is an error keeps its status: %s', async (_what, deep) => {
    for (const body of [`{"error":${deep}}`, `{"message":"no","details":${deep}}`, deep]) {
      const h = await churn();
      answer(h, INVOCATIONS, 400, body);
      const { data } = await h.call('query_endpoint', ROW);
      expect(data.error).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining('400') });
    }
  });
});

describe('an answer of the service', () => {
  it.each(FORMS)('is refused with the reason: %s', async (_what, deep) => {
    const path = '/api/2.0/serving-endpoints/churn';
    for (const [tool, read] of [
      ['get_endpoint', path],
      ['list_endpoints', '/api/2.0/serving-endpoints'],
    ] as const) {
      const h = await churn();
      answer(h, read, 200, `{"name":"churn","endpoints":[],"x":${deep}}`);
      const { data } = await h.call(tool, tool === 'get_endpoint' ? { endpoint: 'churn' } : {});
      const message = expect.stringContaining(`more than ${MAX_DEPTH} levels deep`);
      expect(data.error).toMatchObject({ code: 'answer_too_large', message, retryable: false });
    }
  });

  it('to a write counts as unread: the write may have taken effect', async () => {
    const service = await startService();
    service.answer((_request, response) => void response.writeHead(200).end(object(LEVELS)));
    const { http, pauses } = tryHttp(service.origin);
    const error = await http.json('PUT', '/p', { body: {} }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ kind: 'too_large', sent: true });
    expect([service.received.length, pauses]).toEqual([1, []]);
    service.answer((_request, response) => json(response, 200, JSON.parse(object(MAX_DEPTH))));
    expect(await http.json('GET', '/p')).toEqual(JSON.parse(object(MAX_DEPTH)));
    await Promise.all([http.close(), service.close()]);
  });

  it('as a schema is clipped: the columns are still shown', async () => {
    const h = await churn();
    const properties = `{"a":{"type":"string","enum":[${list(LEVELS)}]},"b":{"type":"string"}}`;
    const schema = `{"properties":{"dataframe_records":{"items":{"properties":${properties}}}}}`;
    const post = `{"requestBody":{"content":{"application/json":{"schema":${schema}}}}}`;
    const document = `{"paths":{"/served-models/churn-1/invocations":{"post":${post}}}}`;
    answer(h, '/api/2.0/serving-endpoints/churn/openapi', 200, document);
    const { data } = await h.call('get_schema', { endpoint: 'churn' });
    expect(data.columns.map((each: { name: string }) => each.name)).toEqual(['a', 'b']);
  });
});

describe('arguments', () => {
  it.each(FORMS)('are refused before anything is sent, and the refusal names the argument: %s', async (_what, deep) => {
    const h = await churn();
    for (const [tool, args, name] of [
      ['query_endpoint', { endpoint: 'churn', inputs: JSON.parse(deep) }, 'inputs'],
      ['query_endpoint', { endpoint: 'churn', inputs: deep }, 'inputs'],
      ['query_endpoint', { ...ROW, extra: { a: JSON.parse(deep) } }, 'extra'],
      ['update_endpoint', { endpoint: 'churn', tags: JSON.parse(deep) }, 'tags'],
      ['get_endpoint', { endpoint: 'churn', unknown: JSON.parse(deep) }, 'unknown'],
    ] as const) {
      const refused = await h.call(tool, args);
      expectRefusal(h, refused, 'invalid_arguments');
      expect(refused.data.error.message).toContain(`${name} is nested more than ${MAX_DEPTH} levels deep`);
    }
    expect(h.sent()).toEqual([]);
  });
});

it('a line of the journal counts as unreadable, and the others are read', async () => {
  const record = {
    host: 'h',
    who: 'w',
    tool: 't',
    subject: { kind: 'endpoint', name: 'n' },
    call: 't {}',
    changes: [],
  };
  const line = (id: string, prior: string) =>
    `${JSON.stringify({ event: 'begin', id, at: '2026', ...record }).slice(0, -1)},"prior":${prior}}`;
  const page = await entriesOf([line('c1', object(LEVELS)), line('c2', '{}')], { ...EVERY_CHANGE, whole: 'c1' });
  expect(page).toMatchObject({ unreadable: 1, total: 1, entries: [{ id: 'c2' }] });
});
