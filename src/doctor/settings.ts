/** Which workspace is configured, and where each setting came from. Values of secrets are never shown. */
import { readVariable } from '../auth/attributes.ts';
import { METHODS, unknownMethod } from '../auth/chain.ts';
import { type Configuration, loadConfiguration, refuseAmbiguity } from '../auth/configuration.ts';
import { AuthError } from '../auth/errors.ts';
import { isAccountHost, parseHost } from '../auth/host.ts';
import { type ProfileFile, profileNames, profilePath, readProfileFile } from '../auth/profile.ts';
import type { AuthOptions } from '../auth/types.ts';
import { meantHost } from '../install/near-host.ts';
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
    refuseUnknownMethod(configuration);
    if (!configuration.file.found && configuration.host === undefined) {
      const finding = missingFile(configuration.file, options, environment);
      if (finding) return { finding };
    }
    if (configuration.host !== undefined && isAccountHost(configuration.host))
      return { finding: accountConsole(configuration.host) };
    return { finding: describe(options, configuration, environment), configuration };
  } catch (error) {
    const { says, remedy } = explain(error, 'the settings');
    const near = error instanceof AuthError ? await nearest(error, options, environment) : undefined;
    return { finding: failed(says, near === undefined ? remedy : `Did you mean ${near}? ${remedy}`) };
  }
}

/** @throws AuthError before anything is sent, as the login does. */
function refuseUnknownMethod({ settings }: Configuration): void {
  const pinned = settings.get('auth_type');
  if (pinned && !METHODS.some(({ name }) => name === pinned.value)) throw unknownMethod(pinned.value, pinned.source);
}

/** Only a file that someone named must exist. */
function missingFile({ path }: ProfileFile, { configFile }: AuthOptions, { env }: SettingsEnvironment) {
  const named = configFile ? '--config-file' : readVariable(env, 'DATABRICKS_CONFIG_FILE') && 'DATABRICKS_CONFIG_FILE';
  return named && failed(`there is no file ${path}, which ${named} names`, `Correct ${named}, or remove it.`);
}

function accountConsole(host: string): Finding {
  return failed(
    `${host} is the account console, which has no endpoints`,
    'Set the host to the address of a workspace, as the browser shows it there.',
  );
}

/** What was probably meant by a setting that is wrong, as a person would write it. */
async function nearest(
  { code, message }: AuthError,
  options: AuthOptions,
  environment: SettingsEnvironment,
): Promise<string | undefined> {
  const { env } = environment;
  const [wrong, known, option] =
    code === 'bad_profile'
      ? [options.profile || readVariable(env, 'DATABRICKS_CONFIG_PROFILE'), undefined, '--profile']
      : message.startsWith('the configured host ')
        ? [options.host ?? readVariable(env, 'DATABRICKS_HOST'), undefined, '--profile']
        : message.includes(' auth_type ')
          ? [
              options.authType ?? readVariable(env, 'DATABRICKS_AUTH_TYPE'),
              METHODS.map(({ name }) => name),
              '--auth-type',
            ]
          : [];
  if (wrong === undefined || option === undefined) return undefined;
  const names = known ?? profileNames((await readProfiles(options, environment)) ?? EMPTY);
  const near = closest(wrong, names);
  return near === undefined ? undefined : `${option} ${near}`;
}

const EMPTY: ProfileFile = { path: '', found: false, sections: new Map() };

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

/** All profiles, whether they are used or not. Undefined when the file cannot be read. */
export async function readProfiles({ configFile }: AuthOptions, { env, homeDir, readFile }: SettingsEnvironment) {
  const path = profilePath(configFile ?? readVariable(env, 'DATABRICKS_CONFIG_FILE'), homeDir);
  return readProfileFile(path, readFile).catch(() => undefined);
}

/** The host that was probably meant by one that does not exist, and its profile. */
export async function nearHost(
  origin: string,
  options: AuthOptions,
  environment: SettingsEnvironment,
): Promise<string | undefined> {
  const { sections } = (await readProfiles(options, environment)) ?? EMPTY;
  const profiles = new Map([...sections].map(([name, values]) => [originOf(values.get('host')) ?? '', name]));
  profiles.delete('');
  const near = meantHost(origin, [...profiles.keys()]);
  const profile = near === undefined ? undefined : profiles.get(near);
  return profile === undefined ? near : `${near} (profile ${profile})`;
}

function originOf(host: string | undefined): string | undefined {
  try {
    return host === undefined ? undefined : parseHost(host).origin;
  } catch {
    return undefined;
  }
}
