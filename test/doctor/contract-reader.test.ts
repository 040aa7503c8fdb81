import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { question } from '../../src/doctor/contract-asked.ts';
import { createReader, MAX_REQUESTS } from '../../src/doctor/contract-reader.ts';
import type { Http } from '../../src/rest/http.ts';
import { json, type Service, startService, tryHttp } from '../support/scripted-service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
  service.answer((_request, response) => json(response, 200, {}));
});
afterAll(() => service.close());

const me = question('me', 'directory', '/me', 'me');

/** A reader, and the connection that it made for itself. */
function open(more: { now?: () => number } = {}) {
  const { http } = tryHttp(service.origin);
  let own: Http | undefined;
  const watched: Http = {
    ...http,
    bind(binding) {
      own = http.bind(binding);
      return own;
    },
  };
  const reader = createReader({
    http: watched,
    now: more.now ?? (() => 0),
    sleep: async () => undefined,
    signal: new AbortController().signal,
    patience: 5_000,
    onRequest: () => undefined,
  });
  return { http, reader, own: () => own };
}

describe('the reader', () => {
  it('has a connection that refuses every method but GET, so that a mistake changes nothing', async () => {
    const { http, reader, own } = open();
    await reader.ask(me);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      await expect(own()?.json(method, '/serving-endpoints/x/invocations', { body: {} })).rejects.toThrow(
        'was blocked',
      );
    }
    await http.close();
  });

  it(`stops after ${MAX_REQUESTS} requests, however much there is to ask`, async () => {
    const { http, reader } = open();
    for (let at = 0; at < 100; at++) await reader.ask(me);
    expect(reader.sent).toBe(MAX_REQUESTS);
    expect(reader.asked.at(-1)).toEqual({ question: me, silence: 'requests' });
    await http.close();
  });

  it('sends no login where everyone may ask', async () => {
    const { http, reader } = open();
    service.received.length = 0;
    await reader.ask({ ...me, unsigned: true });
    await reader.ask(me);
    expect(service.received.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Bearer fake-token-1']);
    await http.close();
  });
});
