/** Every tool that takes a model service, on the services of the built-in workspace: what works, and each way in which a name leads nowhere. */
import { describe, expect, it } from 'vitest';
import { tools } from '../../../tools/index.ts';
import type { Harness, HarnessOptions } from '../../support/harness.ts';
import { external, makeService, PROVIDERS_PATH, SERVICES_PATH } from '../../support/model-services.ts';
import { agree, ask } from '../../support/tool-test.ts';
import { useHarness } from '../../support/use-harness.ts';
import { follow } from '../../support/workspace.ts';

/** 28 November 2026, 10:00 UTC. The traffic of the workspace is then the same in each run. */
const AT = Date.UTC(2026, 10, 28, 10);
const begin = useHarness((options: HarnessOptions = {}) => ({ at: AT, onAsk: agree, ...options }));

/** Has two destinations, a fallback, limits, a table and a policy. */
const CHAT = 'ml.prod.support_chat';
/** Has a fallback whose model is gone. The analysts have no privilege on it. */
const SUMMARY = 'ml.prod.ticket_summary';
/** Has EXECUTE on {@link CHAT} through a group, and nothing else. */
const ANALYST = 'analyst@example.com';

const OPENAI = 'ml.prod.openai_prod';
/** A service with one destination, at {@link OPENAI}. */
const ONLY = 'ml.prod.only_gpt';

const HELLO = [{ role: 'user', content: 'Where is my order?' }];

interface Row {
  tool: string;
  args?: Record<string, unknown>;
  /** The argument with the name. Default: `endpoint`. */
  named?: string;
  effect: 'read' | 'query' | 'write';
  /** What a working answer about {@link CHAT} has. */
  answer: Record<string, unknown>;
}

const ROWS: Row[] = [
  {
    tool: 'get_endpoint',
    effect: 'read',
    answer: {
      destinations: [
        { destination: 'claude', traffic_percent: 80, model: 'system.ai.claude-sonnet-4-6' },
        { destination: 'gpt-4o', traffic_percent: 20, provider: 'ml.prod.openai_prod', provider_type: 'openai' },
      ],
      fallbacks: [{ destination: 'llama' }],
      rate_limits: ['user_group analysts: 30 calls per minute', 'endpoint: 2000000 tokens per hour'],
      inference_table: 'ml.prod.support_chat_payload',
      policies: ['no-card-numbers'],
      owner: 'ml-engineer@example.com',
    },
  },
  {
    tool: 'get_schema',
    effect: 'read',
    answer: {
      apis: [
        { path: '/ai-gateway/mlflow/v1/chat/completions', example: { endpoint: CHAT } },
        { path: '/ai-gateway/mlflow/v1/responses' },
      ],
      recorded: expect.stringContaining('ml.prod.support_chat_payload'),
      limits: ['user_group analysts: 30 calls per minute', 'endpoint: 2000000 tokens per hour'],
    },
  },
  {
    tool: 'get_permissions',
    effect: 'read',
    answer: {
      owner: 'ml-engineer@example.com',
      grants: expect.arrayContaining([expect.objectContaining({ principal: 'analysts' })]),
    },
  },
  { tool: 'get_usage', args: { report: 'traffic' }, effect: 'read', answer: { report: 'traffic', by: 'day' } },
  { tool: 'diagnose_endpoint', effect: 'read', answer: { verdict: 'healthy', findings: [] } },
  {
    tool: 'get_integration_code',
    args: { target: 'python' },
    effect: 'read',
    answer: { files: expect.arrayContaining([expect.objectContaining({ content: expect.stringContaining(CHAT) })]) },
  },
  {
    tool: 'query_endpoint',
    args: { messages: HELLO },
    effect: 'query',
    answer: { text: expect.stringContaining('Where is my order?'), usage: { total_tokens: expect.any(Number) } },
  },
  {
    tool: 'set_rate_limits',
    args: { set: [{ key: 'user', calls: 5, period: 'hour' }] },
    effect: 'write',
    answer: { changed: true, undo: expect.any(String) },
  },
  {
    tool: 'update_permissions',
    args: { grant: [{ principal: 'analysts', level: 'READ_METADATA' }] },
    effect: 'write',
    answer: { changed: true, undo: expect.any(String) },
  },
  {
    tool: 'update_model_service',
    named: 'model_service',
    args: { comment: 'For all.' },
    effect: 'write',
    answer: { changed: true, undo: expect.any(String) },
  },
  { tool: 'attach_to_app', args: { app: 'listing-app' }, effect: 'write', answer: { changed: true } },
  { tool: 'delete_endpoint', effect: 'write', answer: { changed: true, deleted: true } },
];

/** Those that read the journal of this server instead of the service. */
const OF_THE_JOURNAL = ['list_changes'];

const argsOf = ({ named = 'endpoint', args }: Row, name: string) => ({ ...args, [named]: name });
const serviceOf = (h: Harness, name: string) => ask(h, `${SERVICES_PATH}/${name}`);
const changing = (h: Harness) => h.sandbox.requests.filter(({ method }) => !['GET', 'HEAD'].includes(method));

it('has each tool that says that it takes a model service', () => {
  const said = tools.filter((tool) => tool.services).map(({ name }) => name);
  expect([...ROWS.filter((row) => !row.named).map(({ tool }) => tool), ...OF_THE_JOURNAL].sort()).toEqual(said.sort());
});

describe.each(ROWS)('$tool', (row) => {
  const { tool, effect, answer } = row;

  it('works on a service, and says which gateway it is about', async () => {
    // Only account admins read the usage of services, so the workspace opens the table.
    const h = await begin({ as: 'admin@example.com' });
    await openUsage(h);
    const { data, isError } = await h.call(tool, argsOf(row, CHAT));
    expect([isError, data.error]).toEqual([false, undefined]);
    expect(data).toMatchObject({ model_service: CHAT, gateway: 'Unity Gateway', ...answer });
  });

  it('sends nothing for a name that does not have three parts', async () => {
    const h = await begin();
    for (const name of [
      'ml.support_chat',
      'ml.prod.support.chat',
      'ml..support_chat',
      '.ml.prod',
      'ml.prod.',
      'a/b.c.d',
    ]) {
      const { data, isError } = await h.call(tool, argsOf(row, name));
      expect([isError, data.error.code], name).toEqual([true, 'invalid_arguments']);
    }
    expect(h.sandbox.requests).toEqual([]);
  });

  it('for a service that does not exist names the near one, and its next step works', async () => {
    const h = await begin({ as: 'admin@example.com' });
    await openUsage(h);
    const seen = changing(h).length;
    const { data } = await h.call(tool, argsOf(row, 'ml.prod.suport_chat'));
    expect(changing(h)).toHaveLength(seen);
    if (tool === 'delete_endpoint') return expect(data).toMatchObject({ deleted: false, changed: false });
    expect(data).toMatchObject({ error: { code: 'model_service_not_found' }, near: [CHAT] });
    const next = await follow(h, data.error.next);
    expect(next.data.error).toBeUndefined();
    expect(next.data.model_service).toBe(CHAT);
  });

  it('for a caller without privileges does not tell whether there is such a service', async () => {
    const h = await begin({ as: ANALYST });
    const about = async (name: string) => {
      const { text } = await h.call(tool, argsOf(row, name));
      return text.replaceAll(name, 'NAME').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID');
    };
    expect(await about(SUMMARY)).toBe(await about('ml.prod.ticket_none'));
    expect(changing(h)).toEqual([]);
  });

  if (effect === 'write')
    it('for a caller who may only call changes nothing, and says which right is missing', async () => {
      const h = await begin({ as: ANALYST });
      const before = await serviceOf(h, CHAT);
      const { data, isError } = await h.call(tool, argsOf(row, CHAT));
      expect(isError).toBe(true);
      expect(`${data.error.message} ${data.error.next}`).toMatch(/MANAGE/);
      expect(await serviceOf(h, CHAT)).toEqual(before);
    });

  it('works on a service with a destination that is gone', async () => {
    const h = await begin({ as: 'admin@example.com' });
    await openUsage(h);
    const { data } = await h.call(tool, argsOf(row, SUMMARY));
    expect(data.error).toBeUndefined();
    expect(data.model_service).toBe(SUMMARY);
    if (tool === 'get_endpoint') expect(data.fallbacks[0].deleted).toContain('gone');
    if (tool === 'diagnose_endpoint') expect(JSON.stringify(data.findings)).toContain('old-claude');
    if (tool === 'update_model_service') expect(data.warning).toContain('What is behind old-claude is gone');
  });
});

describe('a provider service that is deleted', () => {
  async function withoutProvider(): Promise<Harness> {
    const h = await begin({ as: 'admin@example.com' });
    await makeService(h, ONLY, { routing: { destinations: [external('gpt', OPENAI, 'gpt-4o')] } });
    await ask(h, `${PROVIDERS_PATH}/${OPENAI}`, { method: 'DELETE' });
    h.sandbox.clock.advance(60_000); // changes apply within a minute
    return h;
  }

  it('takes a share of a service that has other destinations, which still answer', async () => {
    const h = await withoutProvider();
    const shown = await h.call('get_endpoint', { endpoint: CHAT });
    expect(shown.data.destinations).toMatchObject([
      { destination: 'claude' },
      {
        destination: 'gpt-4o',
        deleted: expect.stringContaining('gone'),
        provider_type: expect.stringContaining('no privilege'),
      },
    ]);
    const { data } = await h.call('diagnose_endpoint', { endpoint: CHAT });
    expect(data.verdict).not.toBe('healthy');
    expect(JSON.stringify(data.findings)).toContain('gpt-4o');
    const answered = await h.call('query_endpoint', { endpoint: CHAT, messages: HELLO });
    expect(answered.data.error).toBeUndefined();
  });

  it('leaves a service that has no other destination without answers, and the diagnosis says so', async () => {
    const h = await withoutProvider();
    const { data } = await h.call('query_endpoint', { endpoint: ONLY, messages: HELLO });
    expect(data.error).toMatchObject({ code: 'NOT_FOUND', retryable: false });
    const { verdict, findings } = (await h.call('diagnose_endpoint', { endpoint: ONLY })).data;
    expect(verdict).toBe('failing');
    expect(findings[0].severity).toBe('critical');
  });
});

/** As an account admin would: the table of the gateway's usage is closed to workspace admins. */
async function openUsage(h: Harness): Promise<void> {
  const changes = [{ principal: 'account users', add: ['USE_SCHEMA', 'SELECT'] }];
  await ask(h, '/api/2.1/unity-catalog/permissions/schema/system.ai_gateway', {
    method: 'PATCH',
    body: JSON.stringify({ changes }),
  });
}
