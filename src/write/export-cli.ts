/** Steps as lines for a POSIX shell: commands of the official CLI, or curl. Pure. */
import { sh } from '../text/literals.ts';
import type { ExportStep, Step } from './planned-write.ts';

/** Each step runs only when the one before it succeeded. */
const THEN = ' &&\n';

/** Commands of the official CLI. The config command waits for the end of the update and fails if the update fails (fact B1). */
export function cli(steps: readonly ExportStep[]): string {
  return steps.map(command).join(THEN);
}

/** Lines for curl 7.76 or newer. A PUT of a config returns at once, so an alias after it must wait for the version. */
export function curl(steps: readonly ExportStep[]): string {
  const lines = steps.flatMap((step, at) => {
    const config = step.what === 'alias' && steps.slice(0, at).find(({ what }) => what === 'config');
    return config ? [untilServed(config, step), send(step)] : [send(step)];
  });
  return lines.join(THEN);
}

const HEADER = '-H "Authorization: Bearer $DATABRICKS_TOKEN"';

function send({ method, path, body }: ExportStep): string {
  const data = body === undefined ? '' : ` -H 'Content-Type: application/json' -d ${json(body)}`;
  return `curl -sS --fail-with-body -X ${method} "$DATABRICKS_HOST${path}" ${HEADER}${data}`;
}

/** How often a wait polls, and the seconds before each poll. Custom models take up to half an hour on a CPU (fact R8). */
const POLLS = 60;
const PAUSE = 30;

/**
 * Waits for the end of an update, and fails unless the alias's new version then serves. A failed poll is retried. The lines have no comments, because
 * zsh does not accept them in pasted lines.
 */
function untilServed({ target, path, body }: ExportStep, { alias }: ExportStep): string {
  // An undo may point the alias at another version than the one that it serves again.
  const served = (body as { served_entities?: { entity_version?: unknown }[] }).served_entities ?? []; // the body of every config
  const versions = served.map(({ entity_version }) => String(entity_version));
  const version = versions.includes(String(alias?.version)) ? String(alias?.version) : versions[0];
  const what = `${target} serves version ${version}`;
  const stays = `${target} does not serve version ${version}: alias ${alias?.name} was not moved`;
  const endpoint = path.replace(/\/config$/, '');
  return `echo ${sh(`Waiting until ${what}, at most ${(POLLS * PAUSE) / 60} minutes.`)} >&2 &&
for poll in $(seq ${POLLS}); do
  sleep ${PAUSE}
  now=$(curl -sS --fail "$DATABRICKS_HOST${endpoint}" ${HEADER} | tr -d '[:space:]')
  case "$now" in '' | *'"config_update":"IN_PROGRESS"'*) ;; *) break ;; esac
done &&
{ printf %s "$now" | grep -F '"config_update":"NOT_UPDATING"' | grep -F '"ready":"READY"' | grep -qF '"entity_version":"${version}"' ||
  { echo ${sh(stays)} >&2; false; }; }`;
}

/** A step without its own command goes through `databricks api`. */
const COMMANDS: Partial<Record<Step['what'], string>> = {
  config: 'update-config',
  units: 'update-provisioned-throughput-endpoint-config',
  gateway: 'put-ai-gateway',
  tags: 'patch',
  notifications: 'update-notifications',
  telemetry: 'patch-telemetry-config',
  grant: 'update-permissions',
  grants: 'set-permissions',
  delete: 'delete',
};

/** Creates name the endpoint in the body. */
const CREATES: Partial<Record<Step['what'], string>> = {
  create: 'create',
  create_units: 'create-provisioned-throughput-endpoint',
};

/** A step as a command of the official CLI, which encodes names itself. */
export function command(step: ExportStep): string {
  const { what, target, alias, method, path, body } = step;
  const input = body === undefined ? '' : ` --json ${json(body)}`;
  if (alias && alias.version === undefined)
    return `databricks registered-models delete-alias ${word(target)} ${word(alias.name)}`;
  if (alias) return `databricks registered-models set-alias ${word(target)} ${word(alias.name)} ${alias.version}`;
  const create = CREATES[what];
  if (create) return `databricks serving-endpoints ${create}${input}`;
  const service = serviceWords(step);
  if (service) return `databricks ${service.map(word).join(' ')}${input}`;
  const update = COMMANDS[what];
  if (update) return `databricks serving-endpoints ${update} ${word(target)}${input}`;
  return `databricks api ${method.toLowerCase()} ${word(path)}${input}`;
}

/** The words of a command for a model service (fact B3), before its body. Undefined for a step of something else. */
function serviceWords({ what, target, path }: ExportStep): string[] | undefined {
  const query = new URLSearchParams(path.split('?')[1]);
  const etag = query.get('etag');
  const guard = etag === null ? [] : ['--etag', etag];
  const resource = `model-services/${target}`;
  switch (what) {
    case 'create_service':
      return ['ai-gateway', 'create-model-service', query.get('parent') ?? '', query.get('model_service_id') ?? ''];
    case 'service':
      return ['ai-gateway', 'update-model-service', resource, query.get('update_mask') ?? '', ...guard];
    case 'delete_service':
      return ['ai-gateway', 'delete-model-service', resource, ...guard];
    case 'service_grants':
      return ['grants', 'update', 'model_service', target];
    default:
      return undefined;
  }
}

/** One word for a shell. */
function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : sh(text);
}

function json(body: unknown): string {
  return sh(JSON.stringify(body));
}
