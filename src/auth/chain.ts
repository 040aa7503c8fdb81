import { begunFamilies } from './attributes.ts';
import { azureCli } from './azure-cli.ts';
import { azureClientSecret } from './azure-client-secret.ts';
import { azureDevopsOidc } from './azure-devops-oidc.ts';
import { azureMsi } from './azure-msi.ts';
import { basic } from './basic.ts';
import type { Configuration } from './configuration.ts';
import { databricksCli, loginCommand } from './databricks-cli.ts';
import { envOidc } from './env-oidc.ts';
import { AuthError, type Tried } from './errors.ts';
import { fileOidc } from './file-oidc.ts';
import { githubOidc } from './github-oidc.ts';
import { googleCredentials } from './google-credentials.ts';
import { metadataService } from './metadata-service.ts';
import type { Method, MethodContext, Signer } from './method.ts';
import { oauthM2m } from './oauth-m2m.ts';
import { pat } from './pat.ts';
import { profileNames } from './profile.ts';

/**
 * The methods in the order of the Go SDK, the CLI and Terraform (fact I1). `github-oidc-azure` and `google-id` are not
 * implemented.
 */
export const METHODS: readonly Method[] = [
  pat,
  basic,
  oauthM2m,
  databricksCli,
  metadataService,
  githubOidc,
  azureDevopsOidc,
  envOidc,
  fileOidc,
  azureMsi,
  azureClientSecret,
  azureCli,
  googleCredentials,
];

const ALTERNATIVES: Record<string, string> = {
  'external-browser': 'Log in with databricks auth login and use databricks-cli.',
  'github-oidc-azure': 'Use github-oidc with a federation policy, or azure-client-secret.',
  'google-id': 'Use google-credentials with a service account key, or oauth-m2m.',
  runtime: 'It works only inside a Databricks cluster; use oauth-m2m.',
};

/** Profiles listed in advice. */
const MAX_PROFILES = 20;

export interface Chosen {
  method: string;
  signer: Signer;
}

/**
 * Finds the first method that works. A method without its inputs is skipped. An implicit method (a CLI login, a CI job) that
 * fails is skipped too, as in the Go SDK. A configured method that fails ends the search, as in the Python SDK, because the next
 * method would use another identity. With `auth_type` only that method is tried.
 *
 * Throws AuthError: the first failure if there is one, else `no_credentials`. `tried` lists what each method lacks.
 */
export async function chooseMethod(context: MethodContext): Promise<Chosen> {
  const { configuration } = context;
  const pinned = configuration.settings.get('auth_type');
  const methods = pinned === undefined ? METHODS : METHODS.filter(({ name }) => name === pinned.value);
  if (pinned !== undefined && methods.length === 0) throw unknownMethod(pinned.value, pinned.source);
  const tried: Tried[] = [];
  let firstFailure: AuthError | undefined;
  for (const method of methods) {
    try {
      const outcome = await method.configure(context);
      if (!('missing' in outcome)) return { method: method.name, signer: outcome };
      tried.push({ method: method.name, missing: outcome.missing });
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      tried.push({ method: method.name, missing: error.message });
      firstFailure ??= error;
      if (!method.implicit) break;
    }
  }
  if (firstFailure !== undefined) {
    throw new AuthError(
      firstFailure.code,
      `${failed(tried, firstFailure)}: ${firstFailure.message}`,
      firstFailure.next,
      tried,
    );
  }
  throw nothingWorks(configuration, tried, pinned?.value);
}

function failed(tried: Tried[], failure: AuthError): string {
  return tried.find(({ missing }) => missing === failure.message)?.method ?? 'authentication';
}

/** Lists the methods that are partly configured, with what they lack. `tried` has the others too. */
function nothingWorks(configuration: Configuration, tried: Tried[], pinned: string | undefined): AuthError {
  const { host, notes, settings } = configuration;
  const families = begunFamilies(settings);
  const meant = ({ method }: Tried) =>
    pinned !== undefined ||
    families.has(method.split('-')[0] ?? '') ||
    (host !== undefined && method === databricksCli.name);
  const list = tried.filter(meant).map(({ method, missing }) => `${method} lacks ${missing}`);
  const unpinned = host === undefined ? 'no Databricks workspace is configured' : `no credentials found for ${host}`;
  const what = pinned === undefined ? unpinned : `auth_type is ${pinned}, which lacks its inputs`;
  const message = `${what}${list.length > 0 ? `: ${list.join('; ')}` : ''}.`;
  const remarks = notes.length > 0 ? ` Note: ${notes.join('; ')}.` : '';
  return new AuthError('no_credentials', message + remarks, adviceFor(configuration, tried, pinned), tried);
}

function adviceFor(configuration: Configuration, tried: Tried[], pinned: string | undefined): string {
  if (pinned !== undefined && pinned !== databricksCli.name)
    return `Set what ${pinned} lacks, or omit --auth-type, DATABRICKS_AUTH_TYPE and auth_type.`;
  const profiles = configuration.profile === undefined ? profileNames(configuration.file) : [];
  if (configuration.host === undefined && profiles.length > 0)
    return `${configuration.file.path} has no default profile. Choose one of its profiles and start the server with --profile NAME: ${profiles.slice(0, MAX_PROFILES).join(', ')}.`;
  if (configuration.host === undefined)
    return 'Start the server with --profile NAME, or with DATABRICKS_HOST and DATABRICKS_TOKEN in its environment. To create a profile, run databricks auth login --host https://<workspace>. To try the server without a workspace, start it with --sandbox.';
  const login = loginCommand(configuration);
  const cli = tried.find(({ method }) => method === databricksCli.name)?.missing ?? '';
  return /^(the|a current) Databricks CLI /.test(cli)
    ? `Set DATABRICKS_TOKEN, or install the Databricks CLI and run: ${login}`
    : `Log in with: ${login}`;
}

/** The error for a method that this server does not have. */
export function unknownMethod(name: string, source: string): AuthError {
  const known = METHODS.map((method) => method.name).join(', ');
  const hint = ALTERNATIVES[name];
  return new AuthError(
    'bad_config',
    `this server does not support auth_type ${name} (${source})`,
    hint ?? `Use one of: ${known}.`,
  );
}
