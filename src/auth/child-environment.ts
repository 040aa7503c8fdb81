import { authVariables, CI_SECRETS } from './attributes.ts';
import type { MethodContext } from './method.ts';

/**
 * The environment of a login tool: ours without the variables that configure authentication. They could change what the tool
 * does (DATABRICKS_HOST makes the CLI ignore a profile), or give it secrets that it does not need.
 */
export function childEnvironment(context: MethodContext): Record<string, string> {
  const tokenVariable = context.setting('oidc_token_env');
  const dropped = new Set([...authVariables(), ...CI_SECRETS, ...(tokenVariable ? [tokenVariable] : [])]);
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(context.environment.env)) {
    if (value !== undefined && !dropped.has(name.toUpperCase())) kept[name] = value;
  }
  const { file } = context.configuration;
  if (file.found) kept.DATABRICKS_CONFIG_FILE = file.path;
  return kept;
}
