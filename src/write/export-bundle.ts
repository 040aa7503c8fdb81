/** A planned write as the resource `model_serving_endpoints` of an asset bundle (fact B2). Pure. */
import { createInput, unwritable } from '../plan/config-input.ts';
import { isFoundationModel } from '../plan/foundation.ts';
import type { Refusal } from '../refusal.ts';
import type { Endpoint, Tag } from '../rest/endpoints.ts';
import type { GrantInput } from '../rest/permissions.ts';
import { block } from '../text/yaml-block.ts';
import { command } from './export-cli.ts';
import { noBundle, OTHER_FORMS } from './no-bundle.ts';
import type { ExportStep } from './planned-write.ts';

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
  if (before && isFoundationModel(before))
    throw noBundle('it cannot contain Databricks-managed endpoints', OTHER_FORMS);
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
      return noBundle('an alias belongs to a model, not to an endpoint', OTHER_FORMS);
    case 'delete':
      return noBundle(
        'it declares what exists, so it has no deletes',
        `${OTHER_FORMS} To delete an endpoint that a bundle created, remove its resource.`,
      );
    case 'description':
    case 'budget':
      return noBundle('a bundle sets it on create only; to change it, it would replace the endpoint', OTHER_FORMS);
    case 'create_units':
    case 'units':
      return noBundle('model units use separate API routes, which the resource does not support', OTHER_FORMS);
    default:
      return noBundle(`it has no field for ${method} ${path}`, OTHER_FORMS);
  }
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
