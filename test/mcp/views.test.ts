/** The views as MCP Apps, on each way to meet a client: which tools name one, which are listed, and what a host reads. */
import { ErrorCode } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { viewPage } from '../../src/mcp/view-page.ts';
import { digest } from '../support/digest.ts';
import type { HarnessOptions } from '../support/harness.ts';
import { WAYS, type Way } from '../support/meeting.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint } from '../support/workspace.ts';

const begin = useHarness((way: Way, options: HarnessOptions = {}) =>
  withEndpoints([endpoint('churn', [churnEntity('1')])], { way, ...options }),
);

const VIEW_OF = {
  list_endpoints: 'ui://serving/workspace',
  get_endpoint: 'ui://serving/endpoint',
  get_metrics: 'ui://serving/endpoint',
  diagnose_endpoint: 'ui://serving/endpoint',
  roll_out: 'ui://serving/rollout',
  get_usage: 'ui://serving/usage',
};
const META = { ui: { csp: { connectDomains: [], resourceDomains: [] }, prefersBorder: true } };

const uris = (resources: { uri: string }[]) => resources.map(({ uri }) => uri).filter((uri) => uri.startsWith('ui:'));

describe.each(WAYS)('%s', (way) => {
  it('says that this server has views', async () => {
    const { client } = await begin(way);
    expect(client.getServerCapabilities()?.extensions).toEqual({ 'io.modelcontextprotocol/ui': {} });
  });

  it('names the view of six tools, and of no other', async () => {
    const { client } = await begin(way);
    const { tools } = await client.listTools();
    const named = tools.flatMap(({ name, _meta }) => (_meta ? [[name, _meta]] : []));
    const expected = Object.entries(VIEW_OF).map(([name, resourceUri]) => [name, { ui: { resourceUri } }]);
    expect(Object.fromEntries(named)).toEqual(Object.fromEntries(expected));
  });

  it('lists the views with the policy that a host reviews', async () => {
    const { client } = await begin(way);
    const { resources } = await client.listResources();
    const views = resources.filter(({ uri }) => uri.startsWith('ui:'));
    expect(uris(views)).toEqual([...new Set(Object.values(VIEW_OF))]);
    for (const view of views)
      expect(view).toMatchObject({
        mimeType: 'text/html;profile=mcp-app',
        annotations: { audience: ['user'] },
        _meta: META,
      });
  });

  it.each(['workspace', 'endpoint', 'rollout', 'usage'] as const)(
    'reads the view %s, and asks the workspace nothing',
    async (view) => {
      const h = await begin(way);
      const uri = `ui://serving/${view}`;
      const { contents } = await h.client.readResource({ uri });
      const page = digest(await viewPage({ view }));
      expect(contents.map((each) => ({ ...each, text: 'text' in each ? digest(each.text) : undefined }))).toEqual([
        { uri, mimeType: 'text/html;profile=mcp-app', text: page, _meta: META },
      ]);
      expect(h.sent()).toEqual([]);
    },
  );

  it.each(['nothing', '', 'workspace/x', 'workspace?x', '../workspace', 'Workspace'])(
    'has no view at the address %j',
    async (path) => {
      const h = await begin(way);
      await expect(h.client.readResource({ uri: `ui://serving/${path}` })).rejects.toMatchObject({
        code: ErrorCode.InvalidParams,
        message: expect.stringContaining('there is no resource with this URI'),
      });
      expect(h.sent()).toEqual([]);
    },
  );

  it('has no view of other servers', async () => {
    const { client } = await begin(way);
    await expect(client.readResource({ uri: 'ui://other/workspace' })).rejects.toMatchObject({
      code: ErrorCode.InvalidParams,
    });
  });

  it.each<[string, HarnessOptions, string[]]>([
    ['read-only', { readOnly: true }, ['workspace', 'endpoint', 'usage']],
    ['with one toolset', { toolsets: ['query'] }, ['workspace', 'endpoint']],
  ])('%s: a view that no tool names is neither listed nor read', async (_name, options, views) => {
    const { client } = await begin(way, options);
    const { resources } = await client.listResources();
    expect(uris(resources)).toEqual(views.map((view) => `ui://serving/${view}`));
    const { tools } = await client.listTools();
    expect(uris(resources)).toEqual([
      ...new Set(tools.flatMap(({ _meta }) => (_meta ? [Object(_meta.ui).resourceUri] : []))),
    ]);
    await expect(client.readResource({ uri: 'ui://serving/rollout' })).rejects.toMatchObject({
      code: ErrorCode.InvalidParams,
    });
  });

  it('leaves the answer of a tool with a view as it is: the whole of it as text', async () => {
    const { client } = await begin(way);
    const answer = await client.callTool({ name: 'get_endpoint', arguments: { endpoint: 'churn' } });
    const [first, ...more] = answer.content as { type: string; text: string }[];
    expect(more).toEqual([]);
    expect(JSON.parse(first?.text ?? '')).toEqual(answer.structuredContent);
    expect(answer.structuredContent).toMatchObject({ endpoint: 'churn' });
    expect(JSON.stringify(answer)).not.toContain('ui://');
  });
});
