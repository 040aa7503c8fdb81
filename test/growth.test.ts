/**
 * Work grows with the size of an input, and not with its square: any text, list or answer from outside is handled. Time that grew with the square would
 * be hours for these inputs, which no test is given.
 */
import { describe, expect, it } from 'vitest';
import { argumentReport } from '../src/calls/argument-report.ts';
import { readArguments } from '../src/calls/read-arguments.ts';
import { digestVectors } from '../src/digest/embeddings.ts';
import { lastLines } from '../src/digest/log-lines.ts';
import { digestOpenApi } from '../src/digest/openapi.ts';
import { problemsOfRows } from '../src/digest/rows.ts';
import { Endpoint } from '../src/rest/endpoints.ts';
import { toApiError } from '../src/rest/errors.ts';
import { models } from '../src/rest/index.ts';
import { joinAnswer } from '../src/rest/query.ts';
import { closestAll, closestNames } from '../src/text/did-you-mean.ts';
import { fewerValues, fitToLimit } from '../src/text/fit.ts';
import { REDACTED, redact } from '../src/text/redact.ts';
import { clip, clipTail } from '../src/text/sanitize.ts';
import { queryEndpoint } from '../tools/query-endpoint.ts';
import { PLANTED_BY_FORM } from './support/planted-secrets.ts';
import { json, startService, tryHttp } from './support/scripted-service.ts';

const MILLION = 1_000_000;

describe('an HTML page as an error', () => {
  const detail = (text: string) =>
    toApiError({ status: 500, headers: { 'content-type': 'text/html' }, text, method: 'GET', path: '/x' }, 0).detail;

  it.each<[string, string, string]>([
    ['tags that are never closed', '<pre>'.repeat(MILLION), 'HTTP 500 with an HTML page'],
    ['open brackets', `<pre>a${'<'.repeat(MILLION)}</pre>`, 'HTTP 500 with an HTML page: a'],
    ['dots in the middle', `<pre>a${'.'.repeat(10_000)}b</pre>`, `a${'.'.repeat(1_799)}… (10002 characters)`],
    ['blanks in the middle', `<pre>a${' '.repeat(10_000)}b..</pre>`, 'a b'],
    ['a message after megabytes', `${' '.repeat(MILLION)}<title>Bad gateway.</title>`, 'Bad gateway'],
  ])('with %s', (_what, text, expected) => {
    expect(detail(text)).toBe(expected);
  });
});

describe('a text of megabytes', () => {
  it('is cleaned only as far as it is shown, and the rest is counted', () => {
    const text = 'abc def '.repeat(4 * MILLION);
    expect(clip(text, 10)).toBe(`abc def ab… (${text.length - 10} more characters)`);
    expect(clipTail(text, 10)).toBe('ef abc def');
  });

  it('shows no half of a secret where it is cut before cleaning', () => {
    const secret = PLANTED_BY_FORM.pat ?? '';
    for (let from = 0; from < secret.length + 10; from++) {
      // Almost nothing is left of it, so that its end is shown.
      const hidden = '\u200b'.repeat(4 * 100 + 64 * 1024 - from);
      for (const shown of [clip(`${hidden} ${secret} x`, 100), clipTail(`x ${secret} ${hidden}`, 100)])
        expect(shown).not.toContain(secret.slice(0, 8));
    }
  });

  it('that a pattern cannot search is not shown', () => {
    expect(redact(`cookie: ${'a=b;'.repeat(8 * MILLION)}`)).toBe(REDACTED);
  });

  it('as a log is read from its end, from a whole line on', () => {
    const raw = `first\n${'a line of a log\n'.repeat(MILLION)}last`;
    const { text, skipped } = lastLines(raw);
    expect(text.length).toBeLessThan(5 * MILLION);
    expect(text).toMatch(/^a line of a log\n(?:a line of a log\n)+last$/);
    expect(skipped + text.length).toBe(raw.length);
    expect(lastLines('one\ntwo')).toEqual({ text: 'one\ntwo', skipped: 0 });
    expect(lastLines('x'.repeat(5 * MILLION)).text.length).toBe(4 * 1024 * 1024);
  });
});

describe('names', () => {
  it('of any length and number are compared with a mistyped one', () => {
    const long = 'ab'.repeat(10 * MILLION);
    expect(closestAll('endpiont', [long, 'endpoint'])).toEqual(['endpoint']);
    expect(closestAll(long, ['endpoint', 'version'])).toEqual([]);
    expect(closestNames('zzzzzzzz', [long, '-'.repeat(MILLION)])).toEqual([]);
    const many = Array.from({ length: 20_000 }, (_, at) => `endpoint-${at}`);
    expect(closestAll('endpiont-777', many)[0]).toBe('endpoint-777');
  });
});

describe('a schema', () => {
  const schemaOf = (count: number) => {
    const names = Array.from({ length: count }, (_, at) => `c${at}`);
    const items = { required: names, properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) };
    const schema = { properties: { dataframe_records: { items } } };
    const post = { requestBody: { content: { 'application/json': { schema } } } };
    return JSON.stringify({ paths: { '/served-models/e/invocations': { post } } });
  };

  it('has any number of required columns', () => {
    expect(digestOpenApi(schemaOf(60_000))[0]?.columns.at(-1)).toEqual({
      name: 'c59999',
      type: 'string',
      required: true,
    });
  });

  it('of many columns is checked against the first rows only, and the problems say so', () => {
    const columns = Array.from({ length: 10_000 }, (_, at) => ({ name: `c${at}`, type: 'string', required: true }));
    const problems = problemsOfRows(
      Array.from({ length: 100_000 }, () => ({})),
      columns,
    );
    expect(problems[0]).toBe('column "c0" (string) is missing (100 of the first 100 rows)');
    expect(problems).toHaveLength(100);
    const few = columns.slice(0, 1);
    expect(problemsOfRows([{}, { c0: 'x' }], few)).toEqual(['column "c0" (string) is missing (1 of 2 rows)']);
  });
});

describe('an answer of a model', () => {
  it('has any number of vectors', () => {
    const vectors = Array.from({ length: 200_000 }, (_, at) => [at, 1]);
    const { count, similarity } = digestVectors(vectors);
    expect([count, similarity.length, similarity.at(-1)?.rows]).toEqual([200_000, 45, [0, 45]]);
    expect(digestVectors(vectors.slice(0, 4)).similarity.map(({ rows }) => rows.join(''))).toEqual(
      '01 02 03 12 13 23'.split(' '),
    );
  });

  it('has any number of tool calls, in any pieces', () => {
    const calls = Array.from({ length: 100_000 }, (_, at) => ({
      index: 7 * (at % 50_000),
      function: at < 50_000 ? { name: `tool-${at}`, arguments: '{' } : { arguments: '}' },
    }));
    const seen = joinAnswer({ choices: [{ message: { tool_calls: calls } }] });
    expect(seen?.toolCalls).toHaveLength(50_000);
    expect(seen?.toolCalls.at(-1)).toMatchObject({ name: 'tool-49999', arguments: '{}' });
  });
});

describe('arguments', () => {
  const read = (args: Record<string, unknown>) => readArguments(args, queryEndpoint.input);

  it('hold texts of a whole payload, also as JSON in a text', () => {
    const text = 'y\\"'.repeat(5 * MILLION);
    expect(read({ endpoint: 'churn', inputs: JSON.stringify([text, 1]) })).toEqual({
      endpoint: 'churn',
      inputs: [text, 1],
    });
  });

  it('are searched for long numbers outside of texts, also after such a text', () => {
    const kept = ['1234567890123456789', 'a"1234567890123456789', '\\', '\\"'];
    expect(read({ endpoint: 'churn', inputs: JSON.stringify(kept) })).toMatchObject({ inputs: kept });
    const lost = `${JSON.stringify([...kept, 'y'.repeat(MILLION)]).slice(0, -1)},1234567890123456789]`;
    expect(() => read({ endpoint: 'churn', inputs: lost })).toThrow('1234567890123456789, which loses digits');
  });

  it('with any number of problems are refused with the first ones', () => {
    const unknown = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`unknown_argument_${at}`, 1]));
    for (const args of [
      { endpoint: 'churn', ...unknown },
      { endpoint: 'churn', texts: Array(100_000).fill({}) },
    ]) {
      const { error } = queryEndpoint.input.safeParse(args);
      if (!error) throw new Error('the arguments were accepted');
      expect(argumentReport(queryEndpoint, args, error).error.message.split('; ').length).toBeLessThanOrEqual(12);
    }
  });
});

describe('a result', () => {
  it('of many values is cut before each of them is cleaned, with its texts whole', () => {
    const text = 'x'.repeat(100_000);
    const list = Array.from({ length: 300_000 }, (_, at) => ({ at }));
    const fewer = fewerValues({ text, list, deep: [list.slice(0, 50_000), [list.slice(0, 50_000)]] });
    expect(fewer.text).toBe(text);
    expect(fewer.truncated).toEqual(expect.arrayContaining(['list: 200 of 300000 shown']));
    const shown = fitToLimit(fewer);
    expect(JSON.stringify(shown).length).toBeLessThanOrEqual(32_000);
    expect(shown.truncated).toEqual(expect.arrayContaining(['list: 200 of 300000 shown']));
    const small = { list: list.slice(0, 5_000) };
    expect(fewerValues(small)).toBe(small);
  });
});

describe('an answer of the service', () => {
  it('with more entities than an endpoint can have is refused as no answer of a workspace', () => {
    const entities = (length: number) => Array.from({ length }, (_, at) => ({ name: `e${at}` }));
    const parse = (length: number) => Endpoint.safeParse({ name: 'x', config: { served_entities: entities(length) } });
    expect(parse(1_000).success).toBe(true);
    expect(parse(1_001).error?.issues[0]?.path).toEqual(['config', 'served_entities']);
  });

  it('whose pages do not end is an error, and a page has any number of versions', async () => {
    const service = await startService();
    const { http } = tryHttp(service.origin);
    service.answer((_request, response, index) => json(response, 200, { next_page_token: `t${index}` }));
    await expect(models.versions(http, 'ml.prod.churn')).rejects.toMatchObject({ kind: 'too_large' });
    expect(service.received).toHaveLength(100);
    const page = { model_versions: Array.from({ length: 200_000 }, () => ({ version: 1 })) };
    service.answer((_request, response) => json(response, 200, page));
    expect(await models.versions(http, 'ml.prod.churn')).toHaveLength(200_000);
    await Promise.all([http.close(), service.close()]);
  });
});
