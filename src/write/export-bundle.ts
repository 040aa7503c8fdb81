/** A planned write as the resource `model_serving_endpoints` of an asset bundle (API contract, section 8.3). Pure. */
import { createInput, unwritable } from '../plan/config-input.ts';
import { isFoundationModel } from '../plan/foundation.ts';
import { Refusal } from '../refusal.ts';
import type { Endpoint, Tag } from '../rest/endpoints.ts';
import type { GrantInput } from '../rest/permissions.ts';
import { yaml } from '../text/literals.ts';
import { command } from './export-cli.ts';
import { aliasOf, type PlannedRequest } from './planned-write.ts';

type Resource = Record<string, unknown>;

/**
 * The whole endpoint with the requests merged into it: a deployment takes away what its resource leaves out. An alias beside it is told as a
 * command in a comment.
 * @throws Refusal when the resource can hold nothing of the requests.
 */
export function bundle(
  requests: readonly PlannedRequest[],
  before: Endpoint | undefined,
  grants: readonly GrantInput[] | undefined,
): string {
  if (before && isFoundationModel(before))
    throw refusal('an endpoint of the platform itself is in nobody’s bundle', 'Use dry_run "cli" or "curl".');
  let resource = before && resourceOf(before, grants);
  const left: PlannedRequest[] = [];
  for (const request of requests) {
    const merged = merge(resource, request);
    if (merged) resource = merged;
    else left.push(request);
  }
  const [first] = left;
  if (first && left.length === requests.length) throw misplaced(first);
  if (!resource) return '';
  const key = String(resource.name).replaceAll('-', '_');
  return [
    ...left.map(afterwards),
    ...(before?.config?.served_entities?.some(unwritable) ? [LOST_KEY] : []),
    block({ resources: { model_serving_endpoints: { [key]: resource } } }, 0),
  ].join('\n');
}

const LOST_KEY =
  '# A provider key in plain text is missing below: the service never gives it back. Put a reference in.';

function afterwards(request: PlannedRequest): string {
  const what = aliasOf(request) ? command(request) : `${request.method} ${request.path}`;
  return `# This resource cannot hold everything. Once its deployment has succeeded: ${what}`;
}

function misplaced(request: PlannedRequest): Refusal {
  const { method, path } = request;
  if (aliasOf(request)) return refusal('an alias belongs to a model', 'Use dry_run "cli" or "curl".');
  if (method === 'DELETE') {
    const next = 'Use dry_run "cli" or "curl"; an endpoint that a bundle made goes when its resource is taken out.';
    return refusal('it says what shall be there, not what shall go', next);
  }
  if (/^\/api\/2\.0\/serving-endpoints\/pt(\/|$)/.test(path))
    return refusal('model units go through routes of their own, which it does not use', 'Use dry_run "cli" or "curl".');
  return refusal(`${method} ${path} changes something else`, 'Use dry_run "cli" or "curl".');
}

function refusal(why: string, next: string): Refusal {
  return new Refusal(
    'no_bundle',
    `the bundle resource of an endpoint cannot hold this: ${why}; nothing was sent`,
    next,
  );
}

/** The endpoint as it stands. */
function resourceOf(before: Endpoint, grants: readonly GrantInput[] | undefined): Resource {
  return { ...createInput(before), ...(grants ? { permissions: grants.map(permission) } : {}) };
}

/** The resource with a request in it; undefined when it has no place for that. */
function merge(resource: Resource | undefined, { method, path, body }: PlannedRequest): Resource | undefined {
  if (method === 'POST' && path === '/api/2.0/serving-endpoints') return body as Resource; // a create is an object
  if (!resource) return undefined;
  const [, part] = /^\/api\/2\.0\/serving-endpoints\/(?!pt\/)[^/]+\/([a-z-]+)$/.exec(path) ?? [];
  if (part === 'config') return { ...resource, config: body };
  if (part === 'ai-gateway') return { ...resource, ai_gateway: body };
  if (part === 'notifications') return { ...resource, ...(body as Resource) }; // { email_notifications }
  if (part === 'tags') return { ...resource, tags: tagged(resource.tags as Tag[] | undefined, body as TagPatch) }; // both ours
  if (!/^\/api\/2\.0\/permissions\/serving-endpoints\//.test(path)) return undefined;
  const given = (body as { access_control_list: GrantInput[] }).access_control_list.map(permission); // the body of both routes
  if (method === 'PUT') return { ...resource, permissions: given };
  // Without those that are there the list would take them away.
  const there = resource.permissions as Permission[] | undefined; // from `resourceOf`
  return there && { ...resource, permissions: [...there.filter((each) => !given.some(sameAs(each))), ...given] };
}

interface TagPatch {
  add_tags?: Tag[];
  delete_tags?: string[];
}

function tagged(tags: readonly Tag[] = [], { add_tags = [], delete_tags = [] }: TagPatch): Tag[] {
  const named = [...add_tags.map(({ key }) => key), ...delete_tags];
  return [...tags.filter(({ key }) => !named.includes(key)), ...add_tags];
}

type Permission = Omit<GrantInput, 'permission_level'> & { level: GrantInput['permission_level'] };

function permission({ permission_level, ...principal }: GrantInput): Permission {
  return { level: permission_level, ...principal };
}

const sameAs = (one: Permission) => (other: Permission) =>
  one.user_name === other.user_name &&
  one.group_name === other.group_name &&
  one.service_principal_name === other.service_principal_name;

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
