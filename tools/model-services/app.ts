/** `attach_to_app` for a model service: a securable of Unity Catalog in the resources of the app (fact A6). */
import { appYamlEntry } from '../../src/codegen/databricks-app.ts';
import { SERVICE_KEY, SERVICE_SCOPE, SERVICE_VARIABLE, serviceBundleEntry } from '../../src/codegen/service-app.ts';
import { UNITY_GATEWAY } from '../../src/plan/model-service.ts';
import { call, Refusal } from '../../src/refusal.ts';
import type * as apps from '../../src/rest/apps.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import type { PlannedWrite } from '../../src/write/planned-write.ts';
import { appOf, MERGE, resourcesStep } from '../shared/app-resources.ts';
import { dropEmpty } from '../shared/view.ts';
import { existingService } from './existing.ts';

interface Wish {
  app: string;
  endpoint: string;
  permission?: string | undefined;
  resource_name?: string | undefined;
}

/** Adds the service with EXECUTE, the only permission that it takes. Other resources are kept. */
export async function attachService(wish: Wish, context: ToolContext): Promise<PlannedWrite> {
  const { app: name, endpoint: service, permission, resource_name } = wish;
  if (permission !== undefined)
    throw new Refusal(
      'unused_argument',
      `permission cannot be used with a model service, whose permission is EXECUTE`,
      `Repeat the call without it: ${call('attach_to_app', { app: name, endpoint: service, resource_name })}.`,
    );
  const [app] = await Promise.all([appOf(context.http, name), existingService(service, { ...wish }, context)]);
  const attached = app.resources.find((each) => each.uc_securable?.securable_full_name === service);
  const key = resource_name ?? attached?.name ?? SERVICE_KEY;
  const known = app.resources.find((each) => each.name === key);
  if (known && known.uc_securable?.securable_full_name !== service)
    throw new Refusal(
      'resource_name_taken',
      `app ${name} already uses the resource name "${key}" for something else`,
      'Repeat the call with another resource_name.',
      { resources: app.resources.slice(0, 30).map((each) => clip(each.name, 63)) },
    );
  const securable = { securable_full_name: service, securable_type: 'MODEL_SERVICE', permission: 'EXECUTE' };
  const resource: apps.Resource = { ...known, name: key, uc_securable: { ...known?.uc_securable, ...securable } };
  const changed = known?.uc_securable?.permission !== 'EXECUTE';
  const others = app.resources.map((each) => (each === known ? resource : each));
  return {
    subject: { kind: 'app', name },
    endpoint: service,
    before: undefined,
    changes: changed ? [{ field: `resources.${key}`, to: securable }] : [],
    steps: [resourcesStep(app, known ? others : [...others, resource], context)],
    answer: dropEmpty({
      app: app.name,
      model_service: service,
      gateway: UNITY_GATEWAY,
      resource_name: key,
      permission: 'EXECUTE',
      service_principal: app.service_principal_client_id,
      app_yaml: `env:\n${appYamlEntry(key, SERVICE_VARIABLE)}`,
      databricks_yml: serviceBundleEntry(key, service),
      merge: MERGE,
      scopes: app.user_api_scopes?.includes(SERVICE_SCOPE)
        ? undefined
        : `The resource lets the app call the service as itself. To call it as its user, the app also needs ${SERVICE_SCOPE} in user_api_scopes, then a stop and start, and a new consent of its users.`,
    }),
    undo: [],
    undoOmits: [
      known
        ? 'the resource: restore its earlier permission in the settings of the app'
        : 'the new resource: remove it in the settings of the app, then revoke EXECUTE of its service principal',
    ],
  };
}
