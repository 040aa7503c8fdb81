/** A planned write as the resource `model_serving_endpoints` of an asset bundle (fact B2). Pure. */
import { createInput, unwritable } from '../plan/config-input.ts';
import { isFoundationModel } from '../plan/foundation.ts';
import { Refusal } from '../refusal.ts';
import type { Endpoint, Tag } from '../rest/endpoints.ts';
import type { GrantInput } from '../rest/permissions.ts';
import { yaml } from '../text/literals.ts';
import { command, type ExportStep } from './export-cli.ts';

type Resource = Record<string, unknown>;

/**
 * The whole endpoint with the steps merged into it, because a deployment removes what the resource omits. An alias move becomes a command in a
 * comment.
 * @throws Refusal when the resource cannot express any of the steps.
 */
export function bundle(
  steps: readonly ExportStep[],
  before: Endpoint | undefined,
  grants: readonly GrantInput[] | undefined,
): string {
  if (before && isFoundationModel(before)) throw refusal('it cannot contain Databricks-managed endpoints', OTHER_FORMS);
  let resource = before && resourceOf(before, grants);
  const left: ExportStep[] = [];
  for (const step of steps) {
    const merged = merge(resource, step);
    if (merged) resource = merged;
    else left.push(step);
  }
  const [first] = left;
  if (first && left.length === steps.length) throw misplaced(first);
  if (!resource) return '';
  const key = String(resource.name).replaceAll('-', '_');
  return [
    '# Add this to the resources in your databricks.yml, and keep what is there.',
    ...(before ? bound(key, before.name) : []),
    ...left.map(afterwards),
    ...(before?.config?.served_entities?.some(unwritable) ? [LOST_KEY] : []),
    block({ resources: { model_serving_endpoints: { [key]: resource } } }, 0),
  ].join('\n');
}

const OTHER_FORMS = 'Use dry_run "cli" or "curl".';

/** A bundle creates each resource that is not bound to something that exists. */
function bound(key: string, name: string): string[] {
  return [
    '# The endpoint exists, so bind it before the first deployment:',
    `# databricks bundle deployment bind ${key} ${name}`,
    '# Keep its description: a bundle deletes the endpoint and creates it again when that changes.',
  ];
}

const LOST_KEY =
  '# A plain-text provider key is missing below, because the service never returns it. Add a secret reference instead.';

function afterwards(step: ExportStep): string {
  const what = COMMANDS.has(step.what) ? command(step) : `${step.method} ${step.path}`;
  return `# This resource cannot express the whole change. After its deployment succeeds, run: ${what}`;
}

/** Steps whose command is short enough for a comment. */
const COMMANDS: ReadonlySet<ExportStep['what']> = new Set(['alias', 'description', 'budget']);

function misplaced({ what, method, path }: ExportStep): Refusal {
  switch (what) {
    case 'alias':
      return refusal('an alias belongs to a model, not to an endpoint', OTHER_FORMS);
    case 'delete':
      return refusal(
        'it declares what exists, so it has no deletes',
        `${OTHER_FORMS} To delete an endpoint that a bundle created, remove its resource.`,
      );
    case 'description':
    case 'budget':
      return refusal('a bundle sets it on create only; to change it, it would replace the endpoint', OTHER_FORMS);
    case 'create_units':
    case 'units':
      return refusal('model units use separate API routes, which the resource does not support', OTHER_FORMS);
    default:
      return refusal(`it has no field for ${method} ${path}`, OTHER_FORMS);
  }
}

function refusal(why: string, next: string): Refusal {
  return new Refusal('no_bundle', `a bundle cannot express this change: ${why}`, next);
}

/** The current endpoint as a resource. */
function resourceOf(before: Endpoint, grants: readonly GrantInput[] | undefined): Resource {
  return { ...createInput(before), ...(grants ? { permissions: grants.map(permission) } : {}) };
}

/** The resource with a step merged in. Undefined when it has no field for the step. */
function merge(resource: Resource | undefined, { what, body }: ExportStep): Resource | undefined {
  if (what === 'create') return body as Resource; // a create is an object
  if (!resource) return undefined;
  switch (what) {
    case 'config':
      return { ...resource, config: body };
    case 'gateway':
      return { ...resource, ai_gateway: body };
    case 'notifications':
      return { ...resource, ...(body as Resource) }; // { email_notifications }
    case 'telemetry':
      return { ...resource, telemetry_config: (body as Resource).telemetry_config };
    case 'tags':
      return { ...resource, tags: tagged(resource.tags as Tag[] | undefined, body as TagPatch) }; // both ours
    case 'grants':
      return { ...resource, permissions: permissionsIn(body) };
    case 'grant': {
      // A list without the existing grants would remove them.
      const there = resource.permissions as Permission[] | undefined; // from `resourceOf`
      const given = permissionsIn(body);
      return there && { ...resource, permissions: [...there.filter((each) => !given.some(sameAs(each))), ...given] };
    }
    default:
      return undefined;
  }
}

function permissionsIn(body: unknown): Permission[] {
  return (body as { access_control_list: GrantInput[] }).access_control_list.map(permission); // both routes have this body
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

/** JSON values as block YAML. Every text is quoted as in JSON, which YAML reads the same way. */
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

/** YAML 1.1, which many parsers still use, reads these as booleans and null, even as keys. */
const WORDS = /^(y|n|yes|no|on|off|true|false|null)$/i;
