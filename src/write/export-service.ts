/** A planned write to a model service as the resource `model_services` of an asset bundle (fact B4). Pure. */
import { serviceInput } from '../plan/model-service.ts';
import type { ModelService, ServiceConfig } from '../rest/model-services.ts';
import type { Holder } from '../rest/privileges.ts';
import { block } from '../text/yaml-block.ts';
import { noBundle, OTHER_FORMS } from './no-bundle.ts';
import type { ExportStep } from './planned-write.ts';

interface Resource {
  model_service_id: string;
  parent: string;
  comment?: string;
  config?: ServiceConfig;
  grants?: Holder[];
}

/**
 * The whole service with the steps merged into it, because a deployment replaces the config and removes grants that the resource omits.
 * @param name `catalog.schema.name`.
 * @param grants the direct grants, where the steps change them.
 * @throws Refusal for a delete.
 */
export function serviceBundle(
  steps: readonly ExportStep[],
  name: string,
  before: ModelService | undefined,
  grants: readonly Holder[] | undefined,
): string {
  const [catalog = '', schema = '', id = ''] = name.split('.');
  const parts = before && serviceInput(before);
  let resource: Resource = { model_service_id: id, parent: `schemas/${catalog}.${schema}`, ...parts };
  if (grants) resource.grants = [...grants];
  for (const step of steps) resource = merge(resource, step);
  if (steps.length === 0) return '';
  const { service_policies: policies, ...config } = resource.config ?? {};
  const key = id.replace(/[^A-Za-z0-9_]/g, '_');
  return [
    '# Add this to the resources in your databricks.yml, and keep what is there.',
    ...(before ? bound(key, name) : []),
    ...(policies === undefined ? [] : [POLICIES]),
    block({ resources: { model_services: { [key]: { ...resource, config } } } }, 0),
  ].join('\n');
}

const POLICIES = '# The resource has no field for the service policies that exist. Check them after a deployment.';

/** A bundle creates each resource that is not bound to something that exists. */
function bound(key: string, name: string): string[] {
  return [
    '# The model service exists, so bind it before the first deployment:',
    `# databricks bundle deployment bind ${key} ${name}`,
    '# A deployment replaces comment and config as a whole, without an etag: later edits by others are lost.',
  ];
}

function merge(resource: Resource, { what, body, path }: ExportStep): Resource {
  const { comment, config = {} } = (body ?? {}) as Pick<ModelService, 'comment' | 'config'>; // both routes have this body
  switch (what) {
    case 'create_service':
      return { ...resource, ...(comment === undefined ? {} : { comment }), config };
    case 'service': {
      const mask = new URLSearchParams(path.split('?')[1]).get('update_mask')?.split(',') ?? [];
      return mask.reduce((merged, field) => withField(merged, field, { comment, config }), resource);
    }
    case 'service_grants':
      return { ...resource, grants: granted(resource.grants ?? [], body) };
    default:
      throw noBundle(
        'it declares what exists, so it has no deletes',
        `${OTHER_FORMS} To delete a model service that a bundle created, remove its resource.`,
      );
  }
}

/** The resource with one field of a mask replaced. An absent value clears the field. */
function withField(
  resource: Resource,
  field: string,
  { comment, config }: { comment: string | undefined; config: ServiceConfig },
): Resource {
  const { comment: _before, ...rest } = resource;
  const { routing, inference_table: _table, ...others } = resource.config ?? {};
  const now = resource.config ?? {};
  switch (field) {
    case 'comment':
      return { ...rest, ...(comment === undefined || comment === '' ? {} : { comment }) };
    case 'config.rate_limits':
      return { ...resource, config: { ...now, rate_limits: config.rate_limits ?? [] } };
    case 'config.inference_table':
      return {
        ...resource,
        config: {
          ...others,
          ...(routing ? { routing } : {}),
          ...(config.inference_table ? { inference_table: config.inference_table } : {}),
        },
      };
    case 'config.routing.destinations':
      return {
        ...resource,
        config: { ...now, routing: { ...routing, destinations: config.routing?.destinations ?? [] } },
      };
    default: {
      const fallback = { ...routing?.fallback, destinations: config.routing?.fallback?.destinations ?? [] };
      return { ...resource, config: { ...now, routing: { ...routing, fallback } } };
    }
  }
}

/** The grants after the changes of a PATCH. */
function granted(there: readonly Holder[], body: unknown): Holder[] {
  const { changes } = body as { changes: { principal: string; add?: string[]; remove?: string[] }[] }; // our own request
  const held = new Map(there.map(({ principal, privileges }) => [principal, privileges]));
  for (const { principal, add = [], remove = [] } of changes) {
    const kept = (held.get(principal) ?? []).filter((each) => !remove.includes(each) && !add.includes(each));
    held.set(principal, [...kept, ...add]);
  }
  return [...held].flatMap(([principal, privileges]) => (privileges.length > 0 ? [{ principal, privileges }] : []));
}
