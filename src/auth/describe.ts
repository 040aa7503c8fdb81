import { type Configuration, loadConfiguration, refuseAmbiguity } from './configuration.ts';
import { AuthError } from './errors.ts';
import { profileNames, profilePath } from './profile.ts';
import type { AuthDescription, AuthOptions, Credentials } from './types.ts';

/**
 * Says what is configured and where it came from, for people who look for the reason of a failure. Reads the profile
 * file and nothing else; a configuration that cannot be used is the `problem` of the answer, not an error.
 */
export async function describeConfiguration(
  options: AuthOptions,
  world: Parameters<typeof loadConfiguration>[1],
  resolved: Credentials | undefined,
): Promise<AuthDescription> {
  let configuration: Configuration;
  try {
    configuration = await loadConfiguration(options, world);
  } catch (error) {
    const path = profilePath(options.configFile ?? world.env.DATABRICKS_CONFIG_FILE, world.homeDir);
    return {
      configFile: { path, found: false, profiles: [] },
      settings: [],
      notes: [],
      problem: problemOf(error),
    };
  }
  const { host, profile, workspaceId, accountId, cloud, file, settings, notes } = configuration;
  const pinned = settings.get('auth_type');
  const description: AuthDescription = {
    configFile: { path: file.path, found: file.found, profiles: profileNames(file) },
    settings: [...settings].map(([key, { source }]) => ({ key, source })),
    notes,
  };
  if (host !== undefined) description.host = host;
  else if (resolved !== undefined) description.host = { value: resolved.host, source: 'found by the method' };
  if (profile !== undefined) description.profile = { value: profile.name, source: profile.source };
  if (resolved !== undefined) description.authType = { value: resolved.authType, source: 'in use' };
  else if (pinned !== undefined) description.authType = { value: pinned.value, source: pinned.source };
  if (workspaceId !== undefined) description.workspaceId = workspaceId;
  if (accountId !== undefined) description.accountId = accountId;
  if (cloud !== undefined) description.cloud = cloud;
  try {
    refuseAmbiguity(settings);
  } catch (error) {
    description.problem = problemOf(error);
  }
  return description;
}

function problemOf(error: unknown): NonNullable<AuthDescription['problem']> {
  if (error instanceof AuthError) return { code: error.code, message: error.message, next: error.next };
  return { code: 'bad_config', message: 'the configuration cannot be read', next: 'Check the profile file.' };
}
