import {
  addProfile,
  CI_SECRETS,
  configuredGroups,
  configuresAuth,
  readVariable,
  type Setting,
  type Settings,
  secretValues,
  settingsWithoutFile,
} from './attributes.ts';
import { AuthError, createRedact, type Redact } from './errors.ts';
import { cloudOf, type Host, parseHost, withoutSentinel } from './host.ts';
import { chooseProfile, type Profile, type ProfileFile, profilePath, readProfileFile } from './profile.ts';
import type { AuthOptions, Cloud } from './types.ts';

/** The configuration of the user, merged from options, environment and profile file. */
export interface Configuration {
  settings: Settings;
  host?: string;
  profile?: Profile;
  workspaceId?: string;
  accountId?: string;
  cloud?: Cloud;
  file: ProfileFile;
  notes: string[];
  redact: Redact;
}

/**
 * Merges explicit values, the environment and the profile file. Explicit values outrank the environment, which outranks
 * the file (fact I4). The file counts when a profile is named, or when no method, host or Azure resource id is
 * configured otherwise. An explicit token (the sandbox's) excludes environment and file, so that nothing of the user's
 * real workspace mixes in. Throws AuthError `bad_profile` or `bad_config`.
 */
export async function loadConfiguration(
  options: AuthOptions,
  environment: {
    env: Record<string, string | undefined>;
    homeDir: string;
    readFile(path: string): Promise<string>;
  },
): Promise<Configuration> {
  if (options.token !== undefined && options.token !== '') return explicitOnly(options, options.token);
  const { env } = environment;
  const { settings, notes } = settingsWithoutFile(options, env);
  const named = options.profile || readVariable(env, 'DATABRICKS_CONFIG_PROFILE', notes);
  const path = profilePath(
    options.configFile ?? readVariable(env, 'DATABRICKS_CONFIG_FILE', notes),
    environment.homeDir,
  );
  const counts =
    named !== undefined ||
    !(configuresAuth(settings) || settings.has('host') || settings.has('azure_workspace_resource_id'));
  const file = await readProfileFile(path, environment.readFile).catch((error: unknown): ProfileFile => {
    // A broken file matters only when it is used.
    if (counts) throw error;
    return { path, found: false, sections: new Map() };
  });
  const profile = counts ? chooseProfile(file, named) : undefined;
  if (named !== undefined && !file.found) notes.push(`profile ${named} was requested, but there is no file ${path}`);
  if (profile !== undefined) addProfile(settings, profile.values, `profile ${profile.name} in ${path}`);
  const tokenVariable = settings.get('oidc_token_env')?.value;
  const secrets = [...CI_SECRETS, ...(tokenVariable ? [tokenVariable] : [])].flatMap((name) => env[name] ?? []);
  const redact = createRedact([...secretValues(settings), ...secrets]);
  return { ...placed(settings, profile, notes), settings, file, notes, redact, ...(profile && { profile }) };
}

/** Refuses two families of methods at once unless `auth_type` picks one. Throws AuthError `ambiguous`. */
export function refuseAmbiguity(settings: Settings): void {
  const groups = configuredGroups(settings);
  if (groups.size <= 1 || settings.has('auth_type')) return;
  const names = [...groups.keys()].sort();
  const evidence = [...groups].map(([group, attributes]) => `${group}: ${attributes.join(', ')}`);
  throw new AuthError(
    'ambiguous',
    `more than one authorization method configured: ${names.join(' and ')} (${evidence.join('; ')})`,
    'Unset the one that you do not want, or set DATABRICKS_AUTH_TYPE (auth_type in a profile) to the method to use.',
  );
}

function explicitOnly(options: AuthOptions, token: string): Configuration {
  const settings: Settings = new Map();
  const put = (key: 'host' | 'token' | 'auth_type', value: string) =>
    settings.set(key, { value, source: 'option', rank: 0 });
  put('token', token);
  put('auth_type', options.authType ?? 'pat');
  if (options.host !== undefined) put('host', options.host);
  const file: ProfileFile = { path: '', found: false, sections: new Map() };
  return { ...placed(settings, undefined, []), settings, file, notes: [], redact: createRedact([token]) };
}

function placed(
  settings: Settings,
  profile: Profile | undefined,
  notes: string[],
): Pick<Configuration, 'host' | 'workspaceId' | 'accountId' | 'cloud'> {
  const hostSetting = settings.get('host');
  const host = hostSetting === undefined ? undefined : parseHost(hostSetting.value);
  noteForeignHost(host, hostSetting, profile, notes);
  const workspaceId = ranked(settings.get('workspace_id'), host?.workspaceId, hostSetting);
  const accountId = ranked(settings.get('account_id'), host?.accountId, hostSetting);
  const cloud = cloudOf(host?.origin, settings.get('cloud')?.value);
  const place: Pick<Configuration, 'host' | 'workspaceId' | 'accountId' | 'cloud'> = {};
  if (host !== undefined) place.host = host.origin;
  if (workspaceId !== undefined && withoutSentinel(workspaceId) !== undefined) place.workspaceId = workspaceId;
  if (accountId !== undefined) place.accountId = accountId;
  if (cloud !== undefined) place.cloud = cloud;
  return place;
}

// A hint has the rank of its host. The id in an explicit URL outranks the id of a profile for another workspace.
function ranked(own: Setting | undefined, hint: string | undefined, host: Setting | undefined): string | undefined {
  if (hint !== undefined && host !== undefined && (own === undefined || own.rank > host.rank)) return hint;
  return own?.value;
}

function noteForeignHost(
  host: Host | undefined,
  setting: Setting | undefined,
  profile: Profile | undefined,
  notes: string[],
): void {
  const own = profile?.values.get('host');
  if (host === undefined || setting === undefined || setting.rank === 2 || !profile || !own) return;
  let origin: string;
  try {
    origin = parseHost(own).origin;
  } catch {
    return;
  }
  if (origin !== host.origin) {
    notes.push(`the host is ${host.origin} (${setting.source}), while profile ${profile.name} is for ${origin}`);
  }
}
