/** Which workspace is configured, and where each setting came from. Values of secrets are never shown. */
import { readVariable } from '../auth/attributes.ts';
import { type Configuration, loadConfiguration, refuseAmbiguity } from '../auth/configuration.ts';
import { AuthError } from '../auth/errors.ts';
import { parseHost } from '../auth/host.ts';
import { profileNames, profilePath, readProfileFile } from '../auth/profile.ts';
import type { AuthOptions } from '../auth/types.ts';
import { closest } from '../text/did-you-mean.ts';
import { type Finding, failed, ok, warning } from './check.ts';
import { explain } from './explain.ts';

export interface SettingsEnvironment {
  env: Record<string, string | undefined>;
  homeDir: string;
  readFile(path: string): Promise<string>;
}

export interface Settings {
  finding: Finding;
  /** Absent when the configuration cannot be used. */
  configuration?: Configuration;
}

/** Reads the configuration as the server does. */
export async function checkSettings(options: AuthOptions, environment: SettingsEnvironment): Promise<Settings> {
  try {
    const configuration = await loadConfiguration(options, environment);
    refuseAmbiguity(configuration.settings);
    return { finding: describe(options, configuration, environment), configuration };
  } catch (error) {
    const { says, remedy } = explain(error, 'the configuration');
    const near =
      error instanceof AuthError && error.code === 'bad_profile' && (await nearProfile(options, environment));
    return { finding: failed(says, near ? `Did you mean --profile ${near}? ${remedy}` : remedy) };
  }
}

const OPTION_OF: Record<string, string> = { host: '--host', auth_type: '--auth-type' };

function describe(options: AuthOptions, configuration: Configuration, environment: SettingsEnvironment): Finding {
  const { settings, profile, file, notes } = configuration;
  const given = new Map<string, string[]>();
  for (const [key, { source }] of settings) {
    const from = source === 'option' ? (OPTION_OF[key] ?? 'an option') : source.replace(/^env /, '');
    given.set(from, [...(given.get(from) ?? []), key]);
  }
  const sources = [...given].map(([from, keys]) => {
    const names = keys.join(', ');
    if (profile && from.startsWith('profile ')) return `${names} from profile ${profile.name} in ${file.path}`;
    return from === OPTION_OF[names] ? from : `${names} from ${from}`;
  });
  const chosen = profile ? `, chosen by ${chooser(options, environment, configuration)}` : '';
  const says = sources.length === 0 ? 'nothing is set' : sources.join('; ') + chosen;
  if (notes.length === 0) return ok(says);
  return warning(`${says}; ${notes.join('; ')}`, 'Check whether that is meant.');
}

/** What chose the profile (fact I5). */
function chooser(options: AuthOptions, { env }: SettingsEnvironment, { file }: Configuration): string {
  if (options.profile) return '--profile';
  if (readVariable(env, 'DATABRICKS_CONFIG_PROFILE') !== undefined) return 'DATABRICKS_CONFIG_PROFILE';
  if (file.sections.get('__settings__')?.get('default_profile')) return 'default_profile';
  return 'default';
}

async function nearProfile(options: AuthOptions, environment: SettingsEnvironment): Promise<string | undefined> {
  const wanted = options.profile || readVariable(environment.env, 'DATABRICKS_CONFIG_PROFILE');
  const file = await readProfiles(options, environment);
  return wanted === undefined || file === undefined ? undefined : closest(wanted, profileNames(file));
}

/** All profiles, whether they are used or not. Undefined when the file cannot be read. */
export async function readProfiles({ configFile }: AuthOptions, { env, homeDir, readFile }: SettingsEnvironment) {
  const path = profilePath(configFile ?? readVariable(env, 'DATABRICKS_CONFIG_FILE'), homeDir);
  return readProfileFile(path, readFile).catch(() => undefined);
}

/** Domains of workspaces. A typing mistake is in what comes before them. */
const DOMAINS = /\.(?:cloud\.databricks\.com|gcp\.databricks\.com|azuredatabricks\.net)$/;

/** A profile whose host is spelled almost like this one, for a host that does not exist. */
export async function nearHost(
  origin: string,
  options: AuthOptions,
  environment: SettingsEnvironment,
): Promise<{ profile: string; host: string } | undefined> {
  const file = await readProfiles(options, environment);
  const known = [...(file?.sections ?? [])].flatMap(([profile, values]) => {
    const host = originOf(values.get('host'));
    return host === undefined || host === origin ? [] : [{ profile, host, word: wordOf(host) }];
  });
  const near = closest(
    wordOf(origin),
    known.map(({ word }) => word),
  );
  return known.find(({ word }) => word === near);
}

function wordOf(origin: string): string {
  return new URL(origin).hostname.replace(DOMAINS, '');
}

function originOf(host: string | undefined): string | undefined {
  try {
    return host === undefined ? undefined : parseHost(host).origin;
  } catch {
    return undefined;
  }
}
