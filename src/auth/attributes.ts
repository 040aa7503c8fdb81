import { unquoted } from '../connection/unquoted.ts';
import type { AuthOptions } from './types.ts';

interface Attribute {
  key: string;
  env: readonly string[];
  secret?: boolean;
  /** The family of methods that this attribute selects. Two families at once are refused. */
  group?: string;
  /** Several families use this attribute, so it selects none of them. */
  shared?: boolean;
}

/**
 * Profile keys and variables (fact I2). The groups are those of the Go SDK, with one exception: a `client_id` without a
 * secret is `shared`, because the OIDC methods need it too.
 */
const ATTRIBUTES = [
  { key: 'host', env: ['DATABRICKS_HOST'] },
  { key: 'account_id', env: ['DATABRICKS_ACCOUNT_ID'] },
  { key: 'workspace_id', env: ['DATABRICKS_WORKSPACE_ID'] },
  { key: 'token', env: ['DATABRICKS_TOKEN'], secret: true, group: 'pat' },
  { key: 'username', env: ['DATABRICKS_USERNAME'], group: 'basic' },
  { key: 'password', env: ['DATABRICKS_PASSWORD'], secret: true, group: 'basic' },
  { key: 'client_id', env: ['DATABRICKS_CLIENT_ID'], group: 'oauth', shared: true },
  { key: 'client_secret', env: ['DATABRICKS_CLIENT_SECRET'], secret: true, group: 'oauth' },
  { key: 'auth_type', env: ['DATABRICKS_AUTH_TYPE'] },
  { key: 'databricks_cli_path', env: ['DATABRICKS_CLI_PATH'] },
  { key: 'metadata_service_url', env: ['DATABRICKS_METADATA_SERVICE_URL'], secret: true, group: 'metadata-service' },
  { key: 'azure_workspace_resource_id', env: ['DATABRICKS_AZURE_RESOURCE_ID'], group: 'azure' },
  { key: 'azure_use_msi', env: ['ARM_USE_MSI'], group: 'azure' },
  { key: 'azure_client_id', env: ['ARM_CLIENT_ID'], group: 'azure' },
  { key: 'azure_client_secret', env: ['ARM_CLIENT_SECRET'], secret: true, group: 'azure' },
  { key: 'azure_tenant_id', env: ['ARM_TENANT_ID'], group: 'azure' },
  { key: 'azure_environment', env: ['ARM_ENVIRONMENT'] },
  { key: 'google_service_account', env: ['DATABRICKS_GOOGLE_SERVICE_ACCOUNT'], group: 'google' },
  { key: 'google_credentials', env: ['GOOGLE_CREDENTIALS'], secret: true, group: 'google' },
  { key: 'oidc_token_env', env: ['DATABRICKS_OIDC_TOKEN_ENV'], group: 'env-oidc' },
  {
    key: 'databricks_id_token_filepath',
    env: ['DATABRICKS_OIDC_TOKEN_FILEPATH', 'DATABRICKS_OIDC_TOKEN_FILE'],
    group: 'file-oidc',
  },
  { key: 'audience', env: ['DATABRICKS_TOKEN_AUDIENCE'] },
  { key: 'discovery_url', env: ['DATABRICKS_DISCOVERY_URL'] },
  { key: 'scopes', env: [] },
  { key: 'cloud', env: ['DATABRICKS_CLOUD'] },
] as const satisfies readonly Attribute[];

export type AttributeKey = (typeof ATTRIBUTES)[number]['key'];

/** 0 explicit, 1 environment, 2 file. The lower rank wins. */
export type Rank = 0 | 1 | 2;

export interface Setting {
  value: string;
  source: string;
  rank: Rank;
}

export type Settings = Map<AttributeKey, Setting>;

const ROWS: readonly (Attribute & { key: AttributeKey })[] = ATTRIBUTES;

// Some MCP clients pass on an unfilled field of their form unchanged.
const PLACEHOLDER = /^\$\{[^}]*\}$/;

/** The settings without the profile file: explicit ones, then the environment. Empty values count as absent. */
export function settingsWithoutFile(
  options: AuthOptions,
  env: Record<string, string | undefined>,
): { settings: Settings; notes: string[] } {
  const settings: Settings = new Map();
  const notes: string[] = [];
  const explicit: [AttributeKey, string | undefined][] = [
    ['host', options.host],
    ['auth_type', options.authType],
  ];
  for (const [key, value] of explicit) {
    if (value !== undefined && value !== '') settings.set(key, { value, source: 'option', rank: 0 });
  }
  for (const { key, env: names } of ROWS) {
    const { value, name } = firstVariable(env, names, notes);
    if (value !== undefined && !settings.has(key)) settings.set(key, { value, source: `env ${name}`, rank: 1 });
  }
  return { settings, notes };
}

/** Adds the values of a profile for attributes that are not set yet. */
export function addProfile(settings: Settings, values: ReadonlyMap<string, string>, source: string): void {
  for (const { key } of ROWS) {
    const value = values.get(key);
    if (value !== undefined && value !== '' && !settings.has(key)) settings.set(key, { value, source, rank: 2 });
  }
}

/** A variable without blanks and quotes around it. Undefined when it is empty, or still a `${placeholder}`, which adds a note. */
export function readVariable(
  env: Record<string, string | undefined>,
  name: string,
  notes: string[] = [],
): string | undefined {
  const value = unquoted(env[name]);
  if (value === '') return undefined;
  if (!PLACEHOLDER.test(value)) return value;
  notes.push(`${name} is an unfilled placeholder and is ignored`);
  return undefined;
}

/** True when something configures a method. Then the profile file is not read (fact I4). */
export function configuresAuth(settings: Settings): boolean {
  return ROWS.some(({ key, group }) => group !== undefined && settings.has(key));
}

/** The configured families, each with the attributes that select it. */
export function configuredGroups(settings: Settings): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { key, group, shared } of ROWS) {
    const setting = settings.get(key);
    if (group === undefined || shared === true || setting === undefined) continue;
    groups.set(group, [...(groups.get(group) ?? []), `${key} from ${setting.source}`]);
  }
  return groups;
}

/** First words of the families with any setting. Method names start with the same words. */
export function begunFamilies(settings: Settings): Set<string> {
  return new Set(ROWS.flatMap(({ key, group }) => (group && settings.has(key) ? (group.split('-')[0] ?? []) : [])));
}

/** The values that must never be shown. */
export function secretValues(settings: Settings): string[] {
  return ROWS.flatMap(({ key, secret }) => {
    const value = settings.get(key)?.value;
    return secret === true && value !== undefined ? [value] : [];
  });
}

/** Keys and variables that hold a secret and nothing else. */
export const SECRET_SETTINGS = ROWS.flatMap(({ key, env, secret }) => (secret === true ? [key, ...env] : []));

/** Variables of CI jobs that hold a token and are not attributes. */
export const CI_SECRETS = ['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'SYSTEM_ACCESSTOKEN', 'DATABRICKS_OIDC_TOKEN'];

/** All variables that configure authentication, to remove them from the environment of a child process. */
export function authVariables(): string[] {
  return [...ROWS.flatMap(({ env }) => env), 'DATABRICKS_CONFIG_PROFILE', 'DATABRICKS_CONFIG_FILE'];
}

function firstVariable(
  env: Record<string, string | undefined>,
  names: readonly string[],
  notes: string[],
): { value?: string; name?: string } {
  for (const name of names) {
    const value = readVariable(env, name, notes);
    if (value !== undefined) return { value, name };
  }
  return {};
}
