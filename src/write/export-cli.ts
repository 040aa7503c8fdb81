/** Requests as lines of a POSIX shell: commands of the official CLI, or curl. Pure. */
import { sh } from '../text/literals.ts';
import { aliasOf, type PlannedRequest } from './planned-write.ts';

/** Each step runs only when the one before it succeeded. */
const THEN = ' &&\n';

/** Commands of the official CLI. That which updates a config waits until the update is over, and fails with it (API contract, section 1.20). */
export function cli(requests: readonly PlannedRequest[]): string {
  return requests.map(command).join(THEN);
}

/** Lines of curl 7.76 or newer. A PUT of a config is answered at once, so an alias after it waits for the version. */
export function curl(requests: readonly PlannedRequest[]): string {
  const lines = requests.flatMap((request, at) => {
    const config = aliasOf(request) && requests.slice(0, at).find(({ path }) => CONFIG.test(path));
    return config ? [untilServed(config.path, request), send(request)] : [send(request)];
  });
  return lines.join(THEN);
}

const CONFIG = /^(\/api\/2\.0\/serving-endpoints\/([^/]+))\/config$/;

const HEADER = '-H "Authorization: Bearer $DATABRICKS_TOKEN"';

function send({ method, path, body }: PlannedRequest): string {
  const data = body === undefined ? '' : ` -H 'Content-Type: application/json' -d ${json(body)}`;
  return `curl -sS --fail-with-body -X ${method} "$DATABRICKS_HOST${path}" ${HEADER}${data}`;
}

/** Looks that a wait takes, and seconds before each: custom models take up to half an hour on a CPU (API contract, section 2.3). */
const LOOKS = 60;
const PAUSE = 30;

/**
 * Waits for the end of an update, and fails unless the version that the alias is to name serves then. A look that fails is made again. No comments:
 * zsh does not take them in lines that are pasted.
 */
function untilServed(config: string, request: PlannedRequest): string {
  const [, path = '', endpoint] = CONFIG.exec(config) ?? [];
  const version = String((request.body as { version_num?: unknown } | undefined)?.version_num); // the body of every alias that is moved
  const what = `${name(endpoint)} serves version ${version}`;
  const stays = `${name(endpoint)} does not serve version ${version}: alias ${aliasOf(request)?.alias} was not moved`;
  return `echo ${sh(`Waiting until ${what}, at most ${(LOOKS * PAUSE) / 60} minutes.`)} >&2 &&
for look in $(seq ${LOOKS}); do
  sleep ${PAUSE}
  now=$(curl -sS --fail "$DATABRICKS_HOST${path}" ${HEADER} | tr -d '[:space:]')
  case "$now" in '' | *'"config_update":"IN_PROGRESS"'*) ;; *) break ;; esac
done &&
{ printf %s "$now" | grep -F '"config_update":"NOT_UPDATING"' | grep -F '"ready":"READY"' | grep -qF '"entity_version":"${version}"' ||
  { echo ${sh(stays)} >&2; false; }; }`;
}

/** What has no command of its own goes through `databricks api`. */
const COMMANDS: [method: string, path: RegExp, command: string][] = [
  ['POST', /^\/api\/2\.0\/serving-endpoints$/, 'create'],
  ['POST', /^\/api\/2\.0\/serving-endpoints\/pt$/, 'create-provisioned-throughput-endpoint'],
  ['PUT', /^\/api\/2\.0\/serving-endpoints\/pt\/([^/]+)\/config$/, 'update-provisioned-throughput-endpoint-config'],
  ['PUT', CONFIG, 'update-config'],
  ['PUT', /^\/api\/2\.0\/serving-endpoints\/([^/]+)\/ai-gateway$/, 'put-ai-gateway'],
  ['PATCH', /^\/api\/2\.0\/serving-endpoints\/([^/]+)\/tags$/, 'patch'],
  ['PATCH', /^\/api\/2\.0\/serving-endpoints\/([^/]+)\/notifications$/, 'update-notifications'],
  ['PATCH', /^\/api\/2\.0\/permissions\/serving-endpoints\/([^/]+)$/, 'update-permissions'],
  ['PUT', /^\/api\/2\.0\/permissions\/serving-endpoints\/([^/]+)$/, 'set-permissions'],
  ['DELETE', /^\/api\/2\.0\/serving-endpoints\/([^/]+)$/, 'delete'],
];

/** A request as a command of the official CLI. */
export function command(request: PlannedRequest): string {
  const { method, path, body } = request;
  const input = body === undefined ? '' : ` --json ${json(body)}`;
  const moved = aliasOf(request);
  if (moved && method === 'DELETE')
    return `databricks registered-models delete-alias ${word(moved.model)} ${word(moved.alias)}`;
  if (moved && typeof body === 'object' && body !== null && 'version_num' in body)
    return `databricks registered-models set-alias ${word(moved.model)} ${word(moved.alias)} ${body.version_num}`;
  for (const [verb, pattern, words] of COMMANDS) {
    const match = verb === method ? pattern.exec(path) : null;
    if (!match) continue;
    const subject = match.length > 1 ? ` ${word(name(match.at(-1)))}` : '';
    return `databricks serving-endpoints ${words}${subject}${input}`;
  }
  return `databricks api ${method.toLowerCase()} ${word(path)}${input}`;
}

/** A part of a path as the CLI takes it, which encodes by itself. */
function name(part: string | undefined): string {
  return decodeURIComponent(part ?? '');
}

/** One word for a shell. */
function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : sh(text);
}

function json(body: unknown): string {
  return sh(JSON.stringify(body));
}
