/** An incident of the sandbox, as a person rehearses it: with the built program. */
import { afterEach, expect, test, vi } from 'vitest';
import { endAll, startServer } from './server-process.ts';

vi.setConfig({ testTimeout: 60_000 });
afterEach(endAll);

test('the sandbox command prints the symptom and how to act as a person, and the steps work', async () => {
  const program = startServer(['sandbox', '--sandbox-incident', 'new-version-crashes:2']);
  await vi.waitFor(() => expect(program.stdout()).toContain('Press Ctrl-C'), { timeout: 50_000, interval: 50 });
  const text = program.stdout();
  expect(text).toContain('Incident: The new version never starts');
  const host = /DATABRICKS_HOST=(\S+)/.exec(text)?.[1] ?? '';
  const token = /DATABRICKS_TOKEN=(\S+)/.exec(text)?.[1] ?? '';
  expect(text).toContain('$DATABRICKS_HOST/sandbox/steps/NAME');
  const ask = async (method: string, path: string) => {
    const reply = await fetch(host + path, { method, headers: { authorization: `Bearer ${token}` } });
    // biome-ignore lint/suspicious/noExplicitAny: a wrong guess of a field fails the test
    const body: any = await reply.json();
    return { status: reply.status, body };
  };
  const { state } = (await ask('GET', '/api/2.0/serving-endpoints/basket-ranker')).body;
  expect(state.config_update).toBe('UPDATE_FAILED');
  const { steps } = (await ask('GET', '/sandbox/steps')).body;
  expect(steps).toHaveLength(1);
  expect((await ask('POST', `/sandbox/steps/${steps[0].name}`)).status).toBe(200);
  const version = await ask('GET', '/api/2.1/unity-catalog/models/retail.serving.basket_ranker/versions/14');
  expect(version.body.status).toBe('READY');
});

test('the server serves the incident, and refuses a name that it does not know before it starts', async () => {
  const server = startServer(['--sandbox', '--sandbox-incident', 'callers-turned-away']);
  await server.initialize();
  const { structuredContent } = await server.callTool(2, 'get_endpoint', { endpoint: 'size-advisor' });
  expect(JSON.stringify(structuredContent)).toContain('shop.prod.size_advisor');
  const wrong = startServer(['--sandbox', '--sandbox-incident', 'caller-turned-away']);
  expect(await wrong.exited).toMatchObject({ code: 2 });
  expect(wrong.stderr()).toContain('did you mean "callers-turned-away"? (incidents: ');
});
