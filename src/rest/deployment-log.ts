/** The log of one deployment, and how sure it is that the lines are its own. */
import { type Endpoint, entitiesOf, type ServedEntity } from './endpoints.ts';
import { ApiError } from './errors.ts';
import type { Http } from './http.ts';
import { type LogRequest, read } from './logs.ts';

/** A log, and how sure it is whose it is. */
export interface DeploymentLog {
  text: string;
  /** The service has no log of this deployment (fact L2). */
  missing: boolean;
  /** Why the lines may belong to another config. Undefined when they surely do not. */
  doubt: string | undefined;
}

/** Reads a log of the deployment's own config. The active config is read without its number, as every workspace allows. */
export async function readLog(
  http: Http,
  found: Endpoint,
  {
    entity,
    configVersion,
    config,
  }: { entity: ServedEntity; configVersion: number | undefined; config: 'active' | (string & {}) },
  log: 'service' | 'build',
): Promise<DeploymentLog> {
  const request = { endpoint: found.name, entity: entity.name, log };
  const version = config === 'active' ? undefined : configVersion;
  const active = found.config?.config_version;
  const other = active === undefined ? 'the active config' : `the active config version ${active}`;
  try {
    const { text, versionRefused } = await read(http, { ...request, configVersion: version });
    if (versionRefused) {
      const doubt = `the service did not accept config_version ${version}, so these lines may belong to ${other}`;
      return { text, missing: false, doubt };
    }
    if (config !== 'active' && version === undefined) {
      const doubt = `the service names no config version for the ${config}, so these lines may belong to ${other}`;
      return { text, missing: false, doubt };
    }
    const doubt =
      version !== undefined && text !== '' && (await ignoresVersion(http, found, request, text))
        ? `the service sends the same lines for ${other}, so they may belong to it and not to version ${version}`
        : undefined;
    return { text, missing: false, doubt };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return { text: '', missing: true, doubt: undefined };
    throw error;
  }
}

/** A service that does not know the parameter ignores it. That shows only where the active config has an entity of the same name. */
async function ignoresVersion(
  http: Http,
  { config }: Endpoint,
  request: Omit<LogRequest, 'configVersion'>,
  text: string,
): Promise<boolean> {
  if (!entitiesOf(config).some(({ name }) => name === request.entity)) return false;
  const without = await read(http, request).catch(() => undefined);
  return without?.text === text;
}
