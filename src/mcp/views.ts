/** The views as MCP Apps (SEP-1865): which addresses they have, and how a host reads them. A start loads this, and none of the page. */
import { VIEW_NAMES, type ViewName } from '../views/host/host.ts';

/** The name of the extension among the capabilities. */
export const APPS = 'io.modelcontextprotocol/ui';

const SCHEME = 'ui://serving/';
const MIME_TYPE = 'text/html;profile=mcp-app';

/** Nothing is loaded from anywhere, and nothing is sent anywhere but to the host. Hosts make their own policy from it. */
const META = { ui: { csp: { connectDomains: [], resourceDomains: [] }, prefersBorder: true } };

const TITLES: Record<ViewName, string> = {
  workspace: 'View of the workspace',
  endpoint: 'View of one endpoint',
  rollout: 'View of a rollout',
  usage: 'View of usage and cost',
};

/** What names the view of a tool in the list of tools. Clients without Apps ignore it. */
export interface ToolMeta {
  ui: { resourceUri: string };
  [more: string]: unknown;
}

/** @param view what a host draws the answers of the tool with. */
export function toolMeta(view: ViewName): ToolMeta {
  return { ui: { resourceUri: `${SCHEME}${view}` } };
}

/** The views that a list of tools names. The others are of no use to its client. */
export function viewsOf(tools: readonly { _meta?: ToolMeta }[]): ViewName[] {
  const named = new Set(tools.map(({ _meta }) => _meta?.ui.resourceUri));
  return VIEW_NAMES.filter((view) => named.has(`${SCHEME}${view}`));
}

/** In the list of resources, with the policy: a host can review it before it fetches a page. */
export function viewResources(views: readonly ViewName[]) {
  return views.map((view) => ({
    uri: `${SCHEME}${view}`,
    name: `view-${view}`,
    title: TITLES[view],
    description: 'A page that draws the answers of tools, for hosts that show MCP Apps.',
    mimeType: MIME_TYPE,
    annotations: { audience: ['user' as const] },
    _meta: META,
  }));
}

export const isView = (uri: string) => uri.startsWith(SCHEME);

/** The page at an address, or undefined. @param views those that this server has. */
export async function readView(uri: string, views: readonly ViewName[]) {
  const view = views.find((each) => uri === `${SCHEME}${each}`);
  if (view === undefined) return undefined;
  const { viewPage } = await import('./view-page.ts');
  return { mimeType: MIME_TYPE, text: await viewPage({ view }), _meta: META };
}
