/** Measures that do not depend on the speed of the machine: characters and polls. */
import { createAuth } from '../../src/auth/index.ts';

import { judge, waitFor } from '../../src/readiness.ts';
import { createHttp } from '../../src/rest/http.ts';
import { endpoints } from '../../src/rest/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import DEFAULT_WORKSPACE from '../../src/sandbox/seed/default-workspace.json' with { type: 'json' };
import type { Row } from './measure.ts';
import { connect, SERVER } from './processes.ts';

/** Characters to one token, as the limits are meant. */
const PER_TOKEN = 4;
/** Most tokens of all tools together. The views, and what they need of the tools, may take 200 of them. */
export const LIST_LIMIT = 9_200;

/** Tokens of what a client puts before the model: name, description and input schema. The name of a view counts too, although hosts keep it. */
export function toolTokens({ name, description, inputSchema, _meta }: ListedTool) {
  return JSON.stringify({ name, description, inputSchema, _meta }).length / PER_TOKEN;
}

interface ListedTool {
  name: string;
  description?: string | undefined;
  inputSchema: unknown;
  _meta?: unknown;
}

/** The size of `tools/list`. */
export async function toolRows(): Promise<Row[]> {
  const client = await connect([SERVER]);
  const { tools } = await client.listTools();
  await client.close();
  const sizes = tools.map((tool) => ({ name: tool.name, tokens: toolTokens(tool) }));
  const total = Math.round(sizes.reduce((sum, { tokens }) => sum + tokens, 0));
  const largest = sizes.reduce((a, b) => (b.tokens > a.tokens ? b : a));
  return [
    {
      what: '`tools/list`, what the model sees',
      measured: `${number(total * PER_TOKEN)} characters`,
      baseline: `${tools.length} tools`,
      value: total,
      shown: `${number(total)} tokens`,
      limit: LIST_LIMIT,
      shownLimit: `≤ ${number(LIST_LIMIT)} tokens`,
    },
    {
      what: 'Its largest tool',
      measured: `${number(Math.round(largest.tokens * PER_TOKEN))} characters`,
      baseline: `\`${largest.name}\``,
      value: Math.round(largest.tokens),
      shown: `${number(Math.round(largest.tokens))} tokens`,
    },
  ];
}

/** One page of `list_endpoints` next to the service's answer, in a workspace with 200 endpoints. */
export async function listRow(): Promise<Row> {
  const kinds = DEFAULT_WORKSPACE.endpoints;
  const many = Array.from({ length: 200 }, (_, index) => {
    const kind = kinds[index % kinds.length];
    return { ...kind, name: `${kind?.name}-${String(index).padStart(3, '0')}` };
  });
  const sandbox = await startSandbox({
    seed: { ...DEFAULT_WORKSPACE, endpoints: many, foundation_models: [], apps: [] },
  });
  try {
    const raw = await fetch(`${sandbox.host}${endpoints.ROOT}`, { headers: bearer(sandbox) });
    const rawText = await raw.text();
    if (JSON.parse(rawText).endpoints.length !== many.length) throw new Error('the workspace has not 200 endpoints');
    const client = await connect([SERVER], { DATABRICKS_HOST: sandbox.host, DATABRICKS_TOKEN: sandbox.token });
    const result = await client.callTool({ name: 'list_endpoints', arguments: {} });
    await client.close();
    const text = Array.isArray(result.content) ? String(result.content[0]?.text) : '';
    const page = JSON.parse(text);
    if (page.total !== many.length || !page.next_cursor) throw new Error('the page is not the first of 200');
    const value = (100 * text.length) / rawText.length;
    return {
      what: `\`list_endpoints\` of 200, a page of ${page.endpoints.length} with its cursor`,
      measured: `${number(text.length)} characters`,
      baseline: `raw answer of the service: ${number(rawText.length)} characters`,
      value,
      shown: `${value.toFixed(1)} %`,
      limit: 12,
      shownLimit: '≤ 12 %',
    };
  } finally {
    await sandbox.close();
  }
}

/** A wait of ten minutes for an endpoint that is not done by then. The pauses are the shortest that chance can give. */
export async function waitRow(): Promise<Row> {
  const minutes = 10;
  const quickMs = 10_000;
  const sandbox = await startSandbox({ clock: { kind: 'manual' }, seed: slowWorkspace() });
  const auth = createAuth(
    { host: sandbox.host, token: sandbox.token, authType: 'pat' },
    { env: {}, homeDir: '/nonexistent', now: sandbox.clock.now },
  );
  const http = createHttp({
    credentials: (signal) => auth.resolve(signal),
    now: sandbox.clock.now,
    random: () => 0,
    sleep: async () => {},
    userAgent: 'bench/1.0.0',
    log: () => {},
  });
  try {
    const name = 'slow';
    const entity = { entity_name: 'ml.prod.slow', entity_version: '1', workload_size: 'Small' };
    const body = JSON.stringify({ name, config: { served_entities: [{ ...entity, scale_to_zero_enabled: false }] } });
    const created = await fetch(`${sandbox.host}${endpoints.ROOT}`, { method: 'POST', body, headers: bearer(sandbox) });
    if (!created.ok) throw new Error(`the endpoint could not be created: ${await created.text()}`);
    const started = sandbox.clock.now();
    const looks: number[] = [];
    const waited = await waitFor({
      observe: () => {
        looks.push(sandbox.clock.now() - started);
        return endpoints.get(http, name);
      },
      judge: judge({ version: '1' }),
      clock: { now: sandbox.clock.now, random: () => 0, sleep: async (ms) => sandbox.clock.advance(ms) },
      limitMs: minutes * 60_000,
    });
    if (waited.verdict.kind !== 'pending') throw new Error(`the wait ended early: ${JSON.stringify(waited.verdict)}`);
    const later = looks.filter((at) => at > quickMs).length;
    const value = later / ((waited.waitedMs - quickMs) / 5_000);
    return {
      what: 'Polls of a wait of ten minutes, after the first ten seconds',
      measured: `${later} polls`,
      baseline: `${looks.length - later} polls in the first ten seconds`,
      value,
      shown: `${value.toFixed(2)} per 5 s`,
      limit: 1,
      shownLimit: '≤ 1 per 5 s',
    };
  } finally {
    await http.close();
    await sandbox.close();
  }
}

/** The built-in workspace with one model that takes an hour to deploy. */
function slowWorkspace() {
  const [model] = DEFAULT_WORKSPACE.models;
  const [version] = model?.versions ?? [];
  const slow = { ...model, full_name: 'ml.prod.slow', aliases: {}, versions: [{ ...version, deploy_minutes: 60 }] };
  return { ...DEFAULT_WORKSPACE, models: [...DEFAULT_WORKSPACE.models, slow] };
}

function bearer(sandbox: Sandbox): { authorization: string } {
  return { authorization: `Bearer ${sandbox.token}` };
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
