/** A planned write as something to keep: CLI commands, an asset bundle, curl lines. Pure. */
import { configInput } from './config-input.ts';
import { sh, yaml } from './literals.ts';
import type { Endpoint } from './rest/endpoints.ts';

export const EXPORT_FORMS = ['cli', 'bundle', 'curl'] as const;
export type ExportForm = (typeof EXPORT_FORMS)[number];

interface Request {
  method: string;
  path: string;
  body?: unknown;
}

/** The same requests in the form asked for. Hosts and tokens stay variables. */
export function exportRequests(form: ExportForm, requests: readonly Request[], before: Endpoint | undefined): string {
  if (form === 'curl') return requests.map(curl).join('\n');
  if (form === 'cli') return requests.map(cli).join('\n');
  return bundle(requests, before);
}

function curl({ method, path, body }: Request): string {
  const data = body === undefined ? '' : ` -H 'Content-Type: application/json' -d ${quoted(body)}`;
  return `curl -sS -X ${method} "$DATABRICKS_HOST${path}" -H "Authorization: Bearer $DATABRICKS_TOKEN"${data}`;
}

/** Commands of the official CLI (API contract, section 1.20); what has no command of its own goes through `databricks api`. */
const COMMANDS: [method: string, path: RegExp, command: (match: RegExpExecArray) => string][] = [
  ['POST', /^\/api\/2\.0\/serving-endpoints$/, () => 'serving-endpoints create'],
  ['POST', /^\/api\/2\.0\/serving-endpoints\/pt$/, () => 'serving-endpoints create-provisioned-throughput-endpoint'],
  [
    'PUT',
    /^\/api\/2\.0\/serving-endpoints\/pt\/([^/]+)\/config$/,
    (match) => `serving-endpoints update-provisioned-throughput-endpoint-config ${name(match[1])}`,
  ],
  [
    'PUT',
    /^\/api\/2\.0\/serving-endpoints\/([^/]+)\/config$/,
    (match) => `serving-endpoints update-config ${name(match[1])}`,
  ],
  [
    'PUT',
    /^\/api\/2\.0\/serving-endpoints\/([^/]+)\/ai-gateway$/,
    (match) => `serving-endpoints put-ai-gateway ${name(match[1])}`,
  ],
  ['PATCH', /^\/api\/2\.0\/serving-endpoints\/([^/]+)\/tags$/, (match) => `serving-endpoints patch ${name(match[1])}`],
  [
    'PATCH',
    /^\/api\/2\.0\/serving-endpoints\/([^/]+)\/notifications$/,
    (match) => `serving-endpoints update-notifications ${name(match[1])}`,
  ],
  [
    'PATCH',
    /^\/api\/2\.0\/permissions\/serving-endpoints\/([^/]+)$/,
    (match) => `serving-endpoints update-permissions ${name(match[1])}`,
  ],
  [
    'PUT',
    /^\/api\/2\.0\/permissions\/serving-endpoints\/([^/]+)$/,
    (match) => `serving-endpoints set-permissions ${name(match[1])}`,
  ],
];

function cli(request: Request): string {
  const { method, path, body } = request;
  const deleted = method === 'DELETE' ? /^\/api\/2\.0\/serving-endpoints\/([^/]+)$/.exec(path) : null;
  if (deleted) return `databricks serving-endpoints delete ${name(deleted[1])}`;
  const alias = /^\/api\/2\.1\/unity-catalog\/models\/([^/]+)\/aliases\/([^/]+)$/.exec(path);
  if (alias && method === 'DELETE')
    return `databricks registered-models delete-alias ${name(alias[1])} ${name(alias[2])}`;
  if (alias && typeof body === 'object' && body !== null && 'version_num' in body) {
    return `databricks registered-models set-alias ${name(alias[1])} ${name(alias[2])} ${body.version_num}`;
  }
  for (const [verb, pattern, command] of COMMANDS) {
    const match = verb === method ? pattern.exec(path) : null;
    if (match) return `databricks ${command(match)} --json ${quoted(body)}`;
  }
  return `databricks api ${method.toLowerCase()} ${word(path)}${body === undefined ? '' : ` --json ${quoted(body)}`}`;
}

/** A part of a path as the CLI takes it: it encodes by itself. */
function name(part: string | undefined): string {
  return word(decodeURIComponent(part ?? ''));
}

/** One word for a shell. */
function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : sh(text);
}

/** The endpoint as a bundle resource (API contract, section 8.3): what is there, with the new parts in it. */
function bundle(requests: readonly Request[], before: Endpoint | undefined): string {
  const resource: Record<string, unknown> = before
    ? { name: before.name, config: configInput(before.config), ...kept(before) }
    : {};
  const skipped: string[] = [];
  for (const { method, path, body } of requests) {
    if (method === 'POST' && path === '/api/2.0/serving-endpoints') Object.assign(resource, body);
    else if (method === 'PUT' && /^\/api\/2\.0\/serving-endpoints\/[^/]+\/config$/.test(path)) resource.config = body;
    else if (method === 'PUT' && path.endsWith('/ai-gateway')) resource.ai_gateway = body;
    else skipped.push(`${method} ${path}`);
  }
  const notes = skipped.map((each) => `# not part of this resource: ${each}`);
  if (resource.name === undefined) return notes.join('\n');
  const key = String(resource.name ?? 'endpoint').replaceAll('-', '_');
  return [...notes, block({ resources: { model_serving_endpoints: { [key]: resource } } }, 0)].join('\n');
}

function kept(before: Endpoint): Record<string, unknown> {
  return {
    ...(before.ai_gateway ? { ai_gateway: before.ai_gateway } : {}),
    ...(before.tags?.length ? { tags: before.tags } : {}),
    ...(before.description ? { description: before.description } : {}),
  };
}

/** JSON values as block YAML; every text is quoted as JSON, which YAML reads the same. */
function block(value: unknown, depth: number): string {
  const pad = '  '.repeat(depth);
  if (Array.isArray(value)) {
    if (value.length === 0) return ' []';
    return value.map((item) => `${pad}- ${block(item, depth + 1).trimStart()}`).join('\n');
  }
  if (typeof value !== 'object' || value === null) return `${pad}${yaml(value)}`;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  if (entries.length === 0) return `${pad}{}`;
  return entries
    .map(([key, inner]) => {
      const name = /^[A-Za-z_][\w-]*$/.test(key) && !WORDS.test(key) ? key : yaml(key);
      const nested = typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0;
      return nested ? `${pad}${name}:\n${block(inner, depth + 1)}` : `${pad}${name}: ${yaml(inner)}`;
    })
    .join('\n');
}

/** YAML 1.1, which many readers still speak, takes these for booleans and null, as keys too. */
const WORDS = /^(y|n|yes|no|on|off|true|false|null)$/i;

function quoted(body: unknown): string {
  return sh(JSON.stringify(body));
}
