/** Programs for model services: they run against the sandbox as those for endpoints do. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { bodies } from '../support/workspace.ts';
import { generate, machine, run, serve, startHarness } from './generated.ts';

const CHAT = 'system.ai.claude-sonnet-4-5';
const EMBED = 'system.ai.gte-large-en';
const ROUTE = '/ai-gateway/mlflow/v1';
const QUESTION = { messages: [{ role: 'user', content: 'What is a good day to plant a tree?' }] };

/** A block by a service policy, as a stream and as a whole answer. */
function block(h: Harness, streamed: boolean): void {
  const body = {
    id: 'databricks-guardrail-block',
    choices: [{ index: 0, delta: { content: 'Blocked.' }, finish_reason: 'content_filter' }],
    databricks_service_policy: { name: 'no-trees', action: 'deny' },
  };
  h.sandbox.faults.add({
    match: { method: 'POST', path: `${ROUTE}/chat/completions` },
    effect: streamed
      ? { status: 200, body: `data: ${JSON.stringify(body)}\n\n`, headers: { 'content-type': 'text/event-stream' } }
      : { status: 200, body },
  });
}

describe('node', () => {
  it('streams an answer from the route of the gateway, with the service in the body', async () => {
    const h = await startHarness();
    const folder = await generate(h, CHAT, 'node');
    const served = await serve(folder, join(folder, 'server.mjs'), machine(h));
    const answer = await served.post(QUESTION);
    expect(answer).toMatchObject({ status: 200, cut: false });
    expect(answer.text).toContain('plant a tree');
    expect(bodies(h, 'POST', `${ROUTE}/chat/completions`)).toMatchObject([{ model: CHAT, stream: true }]);
  });

  it('throws the block of a policy', async () => {
    const h = await startHarness();
    const folder = await generate(h, CHAT, 'node');
    block(h, true);
    const ended = await run('node', ['ask.mjs', 'hi'], folder, machine(h));
    expect(ended.code).not.toBe(0);
    expect(ended.out).not.toContain('Blocked.');
    expect(ended.err).toContain('POLICY_BLOCK');
  });

  it('embeds', async () => {
    const h = await startHarness();
    const folder = await generate(h, EMBED, 'node');
    const ended = await run('node', ['example.mjs'], folder, machine(h));
    expect(JSON.parse(ended.out)).toHaveLength(2);
    expect(bodies(h, 'POST', `${ROUTE}/embeddings`)).toMatchObject([{ model: EMBED, encoding_format: 'float' }]);
  });
});

it.each(['node', 'python', 'curl', 'ai_sdk', 'databricks_app'])(
  '%s: no word of endpoints that sleep, or of their grants',
  async (target) => {
    const h = await startHarness();
    const { data } = await h.call('get_integration_code', { endpoint: CHAT, target });
    const words = JSON.stringify([data.notes, data.environment]);
    expect(words).toContain('EXECUTE');
    expect(words).not.toMatch(/CAN_QUERY|zero/);
    // The AI SDK keeps no field of the block.
    expect(words.includes('throws it as an error')).toBe(
      JSON.stringify(data.files).includes('databricks_service_policy'),
    );
  },
);

describe('python', () => {
  it('streams an answer, and throws the block of a policy', async () => {
    const h = await startHarness();
    const folder = await generate(h, CHAT, 'python');
    const file = join(folder, 'databricks_endpoint.py');
    const ended = await run('python3', [file, 'What is a good day to plant a tree?'], folder, machine(h));
    expect(ended.err).toBe('');
    expect(ended.out).toContain('plant a tree');
    expect(bodies(h, 'POST', `${ROUTE}/chat/completions`)).toMatchObject([{ model: CHAT, stream: true }]);
    block(h, true);
    const blocked = await run('python3', [file, 'hi'], folder, machine(h));
    expect(blocked.code).not.toBe(0);
    expect(blocked.out).not.toContain('Blocked.');
    expect(blocked.err).toContain('blocked by a service policy');
  });
});

describe('curl', () => {
  it('prints the answer, and fails for the block of a policy', async () => {
    const h = await startHarness();
    const folder = await generate(h, CHAT, 'curl');
    const ended = await run('bash', ['query.sh'], folder, machine(h));
    expect(ended.code, ended.err).toBe(0);
    expect(JSON.parse(ended.out).choices).toHaveLength(1);
    expect(bodies(h, 'POST', `${ROUTE}/chat/completions`)).toMatchObject([{ model: CHAT }]);
    block(h, false);
    const blocked = await run('bash', ['query.sh'], folder, machine(h));
    expect(blocked.code).not.toBe(0);
    expect(blocked.err).toContain('blocked by a service policy');
  });
});

describe('an app', () => {
  it('serves with the settings of the platform: a host without scheme, its port, and the service from the resource', async () => {
    const h = await startHarness();
    const folder = await generate(h, CHAT, 'databricks_app', { app_name: 'tree-app' });
    const bundle = await readFile(join(folder, 'databricks.yml'), 'utf8');
    expect(bundle).toContain('securable_type: MODEL_SERVICE\n            permission: EXECUTE');
    expect(bundle).toContain(`securable_full_name: "${CHAT}"`);
    expect(bundle).toContain('- ai-gateway');
    expect(await readFile(join(folder, 'app.yaml'), 'utf8')).toContain('name: DATABRICKS_MODEL_SERVICE_NAME');
    const client = await readFile(join(folder, 'databricks.mjs'), 'utf8');
    expect(client).toContain("replace(/^(?!https?:)/, 'https://')");
    expect(client).not.toContain(CHAT);
    const env = { ...machine(h), DATABRICKS_MODEL_SERVICE_NAME: CHAT };
    const served = await serve(folder, join(folder, 'server.mjs'), env);
    expect((await served.post(QUESTION)).text).toContain('plant a tree');
  });

  it('that exists is for attach_to_app', async () => {
    const h = await startHarness();
    const args = { endpoint: CHAT, target: 'databricks_app', existing_app: true, app_name: 'tree-app' };
    const { data } = await h.call('get_integration_code', args);
    expect(data.error.next).toContain(`attach_to_app {"app":"tree-app","endpoint":"${CHAT}"}`);
  });
});

it('the AI SDK gets the base URL of the gateway and the name of the service', async () => {
  const h = await startHarness();
  const folder = await generate(h, CHAT, 'ai_sdk');
  for (const file of ['model.mjs', 'model-openai.mjs'])
    expect(await readFile(join(folder, file), 'utf8')).toContain("HOST + '/ai-gateway/mlflow/v1'");
  expect(await readFile(join(folder, 'databricks.mjs'), 'utf8')).toContain(`ENDPOINT = "${CHAT}"`);
});
