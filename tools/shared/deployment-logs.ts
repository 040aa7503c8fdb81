/** Which deployment of an entity a log belongs to, and what its logs and events say about a failure. */
import { eventReasons } from '../../src/digest/events.ts';
import { causeOf } from '../../src/digest/failure-causes.ts';
import { explain, keyPart } from '../../src/digest/key-lines.ts';
import { lastLines, logLines, SEARCHED } from '../../src/digest/log-lines.ts';
import type { FailedEntity } from '../../src/readiness.ts';
import { ApiError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { type Endpoint, endpoints, logs, type ServedEntity } from '../../src/rest/index.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { dropEmpty } from './view.ts';

/** Maximum number of log lines in the evidence of a failure. */
const EVIDENCE_LINES = 8;

/** A served entity in one config of its endpoint. */
export interface Deployment {
  entity: ServedEntity;
  configVersion: number | undefined;
  /** `active`, or how far the update is that brings the entity. */
  config: 'active' | 'update in progress' | 'failed update' | 'cancelled update' | 'pending config' | 'earlier update';
}

const UPDATES: Record<string, Deployment['config']> = {
  IN_PROGRESS: 'update in progress',
  UPDATE_FAILED: 'failed update',
  UPDATE_CANCELED: 'cancelled update',
};

/** All deployments, in the order in which their logs are likely to matter: failed ones, starting ones, then by traffic. */
export function deploymentsOf(found: Endpoint): Deployment[] {
  const traffic = endpoints.trafficOf(found.config);
  const share = ({ entity }: Deployment) => traffic.get(entity.name) ?? 0;
  const active = endpoints
    .entitiesOf(found.config)
    .map((entity): Deployment => ({ entity, configVersion: found.config?.config_version, config: 'active' }))
    .toSorted((a, b) => share(b) - share(a));
  const config = UPDATES[found.state.config_update ?? ''] ?? 'pending config';
  // An update takes over entities that serve already. They keep their container and its log.
  const pending = endpoints
    .entitiesOf(found.pending_config)
    .filter((entity) => !active.some((each) => isSame(each.entity, entity)))
    .map((entity): Deployment => ({ entity, configVersion: found.pending_config?.config_version, config }));
  const failed = [...pending, ...active].filter(({ entity }) => entity.state?.deployment === 'DEPLOYMENT_FAILED');
  const starting = pending.filter(({ entity }) => entity.state?.deployment !== 'DEPLOYMENT_READY');
  return [...new Set([...failed, ...starting, ...active, ...pending])];
}

function isSame(a: ServedEntity, b: ServedEntity): boolean {
  return a.name === b.name && a.creation_timestamp !== undefined && a.creation_timestamp === b.creation_timestamp;
}

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
  { entity, configVersion, config }: Deployment,
  log: 'service' | 'build',
): Promise<DeploymentLog> {
  const request = { endpoint: found.name, entity: entity.name, log };
  const version = config === 'active' ? undefined : configVersion;
  const active = found.config?.config_version;
  const other = active === undefined ? 'the active config' : `the active config version ${active}`;
  try {
    const { text, versionRefused } = await logs.read(http, { ...request, configVersion: version });
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
  request: Omit<logs.LogRequest, 'configVersion'>,
  text: string,
): Promise<boolean> {
  if (!endpoints.entitiesOf(config).some(({ name }) => name === request.entity)) return false;
  const without = await logs.read(http, request).catch(() => undefined);
  return without?.text === text;
}

/** The service's messages about the failed entities, with the key log lines, their config and a remedy where the lines prove a cause. A log that cannot be read is omitted. */
export async function failureEvidence(
  found: Endpoint,
  failed: readonly FailedEntity[],
  { http }: ToolContext,
): Promise<Record<string, unknown>> {
  const first = failed[0];
  if (!first) return {};
  const deployment = deploymentsOf(found).find(({ entity }) => entity.name === first.name);
  const [service, build] = await Promise.all(
    (['service', 'build'] as const).map((log) => explainedLog(http, found, deployment, log)),
  );
  const reasons = [service, build].flatMap((each) => each?.cause ?? []);
  const events = reasons.length > 0 ? undefined : await logs.events(http, found.name).catch(() => undefined);
  const reported = events && eventReasons(events, deployment?.configVersion);
  const cause =
    reasons[0] ?? reported?.cause ?? failed.map(({ message }) => causeOf(message)).find((each) => each?.remedy);
  const lines = [
    ...(service?.lines.map((line) => `service: ${line}`) ?? []),
    ...(build?.lines.map((line) => `build: ${line}`) ?? []),
    ...(reported?.messages.map((message) => `event: ${clip(message, 400)}`) ?? []),
  ].slice(0, EVIDENCE_LINES);
  const doubt = service?.doubt ?? build?.doubt;
  const version = deployment?.configVersion;
  return dropEmpty({
    failed_entities: failed.map((entity) => dropEmpty({ ...entity, message: clip(entity.message, 500) })),
    log_lines: lines,
    log_lines_of: lines.length === 0 ? undefined : (doubt ?? (version && `${first.name}, config version ${version}`)),
    remedy: cause?.remedy,
  });
}

async function explainedLog(http: Http, found: Endpoint, deployment: Deployment | undefined, log: 'service' | 'build') {
  const read = deployment && (await readLog(http, found, deployment, log).catch(() => undefined));
  if (!read || read.text === '') return undefined;
  const lines = logLines(lastLines(read.text).text, SEARCHED);
  const { lines: chosen, cause } = explain(lines, EVIDENCE_LINES, log);
  return {
    lines: chosen.map((at) => keyPart(lines[at] ?? '')),
    // Lines of another config prove nothing about this one.
    cause: cause?.remedy === undefined || read.doubt !== undefined ? undefined : cause,
    doubt: chosen.length === 0 ? undefined : read.doubt,
  };
}
