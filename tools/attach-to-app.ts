import * as z from 'zod';
import {
  appYamlEntry,
  bundleEntry,
  OLD_USER_SCOPE,
  RESOURCE_KEY,
  SCOPE_NOTE,
  USER_SCOPE,
} from '../src/codegen/databricks-app.ts';
import { Refusal, type ToolResult } from '../src/refusal.ts';
import type * as apps from '../src/rest/apps.ts';
import { endpoints } from '../src/rest/index.ts';
import { isServiceName } from '../src/rest/names.ts';
import { clip } from '../src/text/sanitize.ts';
import { defineWrite } from '../src/tool.ts';
import { attachService } from './model-services/app.ts';
import { dryRun, nameLike, target } from './params.ts';
import { APP_NAME, appOf, MERGE, resourcesStep } from './shared/app-resources.ts';
import { dropEmpty } from './shared/view.ts';

const PERMISSIONS = ['CAN_QUERY', 'CAN_VIEW', 'CAN_MANAGE'] as const;
const KEY = /^[A-Za-z0-9][\w-]{0,62}$/;

type Wish = { endpoint: string; permission?: string | undefined; resource_name?: string | undefined };

export const attachToApp = defineWrite({
  name: 'attach_to_app',
  title: 'Attach an endpoint to an app',
  effect: 'write',
  toolsets: ['apps'],
  needs: ['apps'],
  services: true,
  description:
    'Adds an endpoint to the resources of an existing Databricks App and gives its service principal the permission. Other resources are kept. Redeploy the app afterwards. For a new app, use get_integration_code.',
  input: z.strictObject({
    app: nameLike(APP_NAME, 'must be an app name: lower-case letters, digits or -').describe('App name.'),
    endpoint: target,
    permission: z.enum(PERMISSIONS).optional().describe('Default: CAN_QUERY.'),
    resource_name: nameLike(KEY, 'must be letters, digits, - or _')
      .optional()
      .describe(`Resource key for valueFrom. Default: ${RESOURCE_KEY}.`),
    dry_run: dryRun,
  }),
  output: z.looseObject({ changed: z.boolean().optional(), app_yaml: z.string().optional() }),

  async plan(args, context) {
    if (isServiceName(args.endpoint)) return attachService(args, context);
    const { http } = context;
    const [app] = await Promise.all([appOf(http, args.app), endpoints.get(http, args.endpoint)]);
    const { resources, resource, before } = merge(app, args);
    const after = resource.serving_endpoint;
    const changed = before?.permission !== after?.permission;
    const field = `resources.${resource.name}`;
    return {
      subject: { kind: 'app', name: args.app },
      endpoint: args.endpoint,
      before: undefined,
      changes: changed ? [{ field, ...(before ? { from: before } : {}), to: after }] : [],
      steps: [resourcesStep(app, resources, context)],
      answer: answer(app, args.endpoint, resource),
      ...undoOf(args, resource.name, before?.permission),
    };
  },
});

/**
 * The whole resource list with the endpoint in it. Without a given key, a resource that already attaches the endpoint is used. Without a given
 * permission, its current one stays.
 */
function merge(app: apps.App, wish: Wish) {
  const key =
    wish.resource_name ??
    app.resources.find((each) => each.serving_endpoint?.name === wish.endpoint)?.name ??
    RESOURCE_KEY;
  const known = app.resources.find((each) => each.name === key);
  if (known && known.serving_endpoint?.name !== wish.endpoint) {
    const kind = Object.keys(known).find((field) => field !== 'name' && field !== 'description');
    const message = `app ${app.name} already uses the resource name "${key}" for something else (${clip(kind ?? 'unknown', 40)})`;
    throw new Refusal('resource_name_taken', message, 'Repeat the call with another resource_name.', {
      resources: app.resources.slice(0, 30).map((each) => clip(each.name, 63)),
    });
  }
  const before = known?.serving_endpoint;
  const permission = wish.permission ?? before?.permission ?? 'CAN_QUERY';
  const resource: apps.Resource = {
    ...known,
    name: key,
    serving_endpoint: { ...before, name: wish.endpoint, permission },
  };
  const others = app.resources.map((each) => (each === known ? resource : each));
  return { resources: known ? others : [...others, resource], resource, before };
}

function answer(app: apps.App, name: string, resource: apps.Resource): ToolResult {
  const scoped = [USER_SCOPE, OLD_USER_SCOPE].some((scope) => app.user_api_scopes?.includes(scope));
  const { permission } = resource.serving_endpoint ?? {};
  return dropEmpty({
    app: app.name,
    endpoint: name,
    resource_name: resource.name,
    permission,
    service_principal: app.service_principal_client_id,
    app_yaml: `env:\n${appYamlEntry(resource.name)}`,
    databricks_yml: bundleEntry(resource.name, name, permission),
    merge: MERGE,
    scopes: scoped
      ? undefined
      : `To query it as its user, the app also needs ${USER_SCOPE} in user_api_scopes. ${SCOPE_NOTE}`,
  });
}

/** The undo: this tool when only the permission changed, otherwise steps by hand. */
function undoOf({ app, endpoint: name }: Wish & { app: string }, key: string, permission: string | undefined) {
  // Names in the app are text from others. Only a valid key or permission may become part of this text.
  const plain = KEY.test(key);
  const before = PERMISSIONS.find((each) => each === permission);
  if (before !== undefined && plain) {
    const args = { app, endpoint: name, permission: before, resource_name: key };
    return { undo: [{ tool: 'attach_to_app', args }] };
  }
  const which = plain ? `resource ${key}` : 'the resource that resource_name names';
  if (permission !== undefined)
    return {
      undo: [],
      undoOmits: [`${which}: restore ${before ?? 'its earlier permission'} in the settings of the app`],
    };
  const rest = `${which}: remove it in the settings of the app, then revoke the grant of its service principal with update_permissions`;
  return { undo: [], undoOmits: [rest] };
}
