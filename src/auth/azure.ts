import { AuthError } from './errors.ts';
import { parseHost, secureUrl } from './host.ts';
import { asObject, parseObject, stringOf } from './json.ts';
import { cacheSigner, type MethodContext, type Signer } from './method.ts';
import { createTokenCache, type Token } from './token-cache.ts';

export interface AzureCloud {
  activeDirectory: string;
  resourceManager: string;
  /** Audience of the management token. */
  management: string;
}

const PUBLIC: AzureCloud = {
  activeDirectory: 'https://login.microsoftonline.com',
  resourceManager: 'https://management.azure.com',
  management: 'https://management.core.windows.net/',
};

const AZURE_CLOUDS: Record<string, AzureCloud> = {
  PUBLIC,
  USGOVERNMENT: {
    activeDirectory: 'https://login.microsoftonline.us',
    resourceManager: 'https://management.usgovcloudapi.net',
    management: 'https://management.core.usgovcloudapi.net/',
  },
  CHINA: {
    activeDirectory: 'https://login.chinacloudapi.cn',
    resourceManager: 'https://management.chinacloudapi.cn',
    management: 'https://management.core.chinacloudapi.cn/',
  },
};

/** Why the Azure methods do not apply, or undefined. They need an Azure host or a resource id. */
export function notAzure({ configuration, setting }: MethodContext): string | undefined {
  if (configuration.cloud === 'azure' || setting('azure_workspace_resource_id') !== undefined) return undefined;
  return 'an Azure host or azure_workspace_resource_id';
}

/** The Azure cloud, from the suffix of the host or from `azure_environment`. Throws AuthError `bad_config`. */
export function azureCloud({ configuration, setting }: MethodContext): AzureCloud {
  const host = configuration.host ?? '';
  const byHost = host.endsWith('.azure.us') ? 'USGOVERNMENT' : host.endsWith('.azure.cn') ? 'CHINA' : undefined;
  const name = byHost ?? setting('azure_environment')?.toUpperCase() ?? 'PUBLIC';
  const cloud = AZURE_CLOUDS[name];
  if (cloud !== undefined) return cloud;
  const known = Object.keys(AZURE_CLOUDS).join(', ');
  throw new AuthError('bad_config', `azure_environment ${name} is unknown`, `Set ARM_ENVIRONMENT to one of: ${known}.`);
}

/** The application id of Databricks in Azure (fact I19). */
export function databricksResource(host: string | undefined): string {
  if (host?.endsWith('.staging.azuredatabricks.net')) return '4a67d088-db5c-48f1-9ff2-0aace800ae68';
  if (host?.endsWith('.dev.azuredatabricks.net')) return '62a912ac-b58e-4c1d-89ea-b2dbfc7358fc';
  return '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d';
}

/** `azure_tenant_id`, or the tenant that the workspace's login page redirects to. Undefined without both. */
export async function tenantOf({ configuration, setting, environment }: MethodContext): Promise<string | undefined> {
  const named = setting('azure_tenant_id');
  if (named !== undefined || configuration.host === undefined) return named;
  const answer = await environment.send({ url: new URL(`${configuration.host}/aad/auth`) });
  const location = answer.header('location');
  if (location === undefined || !URL.canParse(location)) return undefined;
  const tenant = new URL(location).pathname.split('/')[1];
  return tenant === undefined || tenant === '' ? undefined : tenant;
}

/**
 * A signer over Azure tokens. With a resource id it finds a missing host and adds two headers, which admit a principal
 * that is not in the workspace yet (fact I19). Without a resource id it sends no management token: nothing needs one.
 *
 * @param mint gets a token for an Azure resource.
 * @param managementOptional whether to continue without these headers when there is no management token, because a user may lack the right.
 */
export async function azureSigner(
  context: MethodContext,
  mint: (resource: string) => Promise<Token>,
  managementOptional = false,
): Promise<Signer> {
  const { configuration, environment } = context;
  const cloud = azureCloud(context);
  const resourceId = context.setting('azure_workspace_resource_id');
  const host = configuration.host ?? (await hostOf(context, cloud, resourceId ?? '', mint));
  const cache = createTokenCache(() => mint(databricksResource(host)), environment.now);
  await cache.get();
  if (resourceId === undefined) return { ...cacheSigner(cache), host };
  const management = createTokenCache(() => mint(cloud.management), environment.now);
  try {
    await management.get();
  } catch (error) {
    if (!managementOptional) throw error;
    return { ...cacheSigner(cache), host };
  }
  const headers = async (signal?: AbortSignal) => ({
    'x-databricks-azure-sp-management-token': (await management.get(signal)).value,
    'x-databricks-azure-workspace-resource-id': resourceId,
  });
  return { ...cacheSigner(cache, headers, [management]), host };
}

async function hostOf(
  { environment, configuration }: MethodContext,
  cloud: AzureCloud,
  resourceId: string,
  mint: (resource: string) => Promise<Token>,
): Promise<string> {
  const { value } = await mint(`${cloud.resourceManager}/`);
  const url = secureUrl(`${cloud.resourceManager}/${resourceId.replace(/^\/+/, '')}`, 'azure_workspace_resource_id');
  url.searchParams.set('api-version', '2018-04-01');
  const answer = await environment.send({ url, headers: { authorization: `Bearer ${value}` } });
  const body = parseObject(answer.text);
  const workspaceUrl = stringOf(asObject(body?.properties), 'workspaceUrl');
  if (answer.status === 200 && workspaceUrl !== undefined) return parseHost(workspaceUrl).origin;
  const words = configuration.redact(stringOf(asObject(body?.error), 'message') ?? '');
  throw new AuthError(
    'token_endpoint',
    `Azure Resource Manager answered HTTP ${answer.status} for azure_workspace_resource_id${words === '' ? '' : `: ${words}`}`,
    'Check the resource id and the Reader right on the workspace, or set DATABRICKS_HOST.',
  );
}
