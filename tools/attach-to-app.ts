import * as z from 'zod';
import {
  appYamlEntry,
  bundleEntry,
  OLD_USER_SCOPE,
  RESOURCE_KEY,
  SCOPE_NOTE,
  USER_SCOPE,
} from '../src/codegen/databricks-app.ts';
import { differences } from '../src/plan/diff.ts';
import { Refusal, type ToolResult } from '../src/refusal.ts';
import { isAbsent } from '../src/rest/absent.ts';
import * as apps from '../src/rest/apps.ts';
import { ApiError } from '../src/rest/errors.ts';
import type { Http } from '../src/rest/http.ts';
import { endpoints } from '../src/rest/index.ts';
import { closest } from '../src/text/did-you-mean.ts';
import { clip } from '../src/text/sanitize.ts';
import { defineWrite, type ToolContext } from '../src/tool.ts';
import { type Step, step } from '../src/write/planned-write.ts';
import { dryRun, endpoint, nameLike } from './params.ts';
import { dropEmpty } from './shared/view.ts';

const APP_NAME = /^[a-z0-9-]{1,63}$/;
const PERMISSIONS = ['CAN_QUERY', 'CAN_VIEW', 'CAN_MANAGE'] as const;
const KEY = /^[A-Za-z0-9][\w-]{0,62}$/;

type Wish = { endpoint: string; permission?: string | undefined; resource_name?: string | undefined };

export const attachToApp = defineWrite({
  name: 'attach_to_app',
  title: 'Attach an endpoint to an app',
  effect: 'write',
  toolsets: ['apps'],
  description:
    'Adds an endpoint to the resources of an existing Databricks App and gives its service principal the permission. Other resources are kept. Redeploy the app afterwards. For a new app, use get_integration_code.',
  input: z.strictObject({
    app: nameLike(APP_NAME, 'must be an app name: lower-case letters, digits or -').describe('App name.'),
    endpoint,
    permission: z.enum(PERMISSIONS).optional().describe('Default: CAN_QUERY.'),
    resource_name: nameLike(KEY, 'must be letters, digits, - or _')
      .optional()
      .describe(`Resource key for valueFrom. Default: ${RESOURCE_KEY}.`),
    dry_run: dryRun,
  }),
  output: z.looseObject({ changed: z.boolean().optional(), app_yaml: z.string().optional() }),

  async plan(args, context) {
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

const REDEPLOY =
  'Redeploy the app. The variable takes effect with the deployment, and so does the grant at the latest.';

function resourcesStep(app: apps.App, resources: apps.Resource[], { http }: ToolContext): Step {
  return step<apps.App>({
    what: 'app',
    label: 'resources',
    target: app.name,
    request: apps.patch(app.name, apps.resourcesInput(app, resources)),
    async lost() {
      const found = await apps.get(http, app.name);
      return differences(found.resources, resources).length === 0 ? { answer: found, ours: false } : undefined;
    },
    reach: async () => ({ kind: 'reached', view: { note: REDEPLOY } }),
    explain(error) {
      // Other refusals with this status are about a network, a token or a feature.
      if (
        !(
          error instanceof ApiError &&
          error.status === 403 &&
          /\bdoes not have (?:CAN_|permission)/i.test(error.detail)
        )
      )
        return undefined;
      return new Refusal(
        'permission_denied',
        `Databricks refused: ${clip(error.detail, 500)} (403)`,
        'The caller needs CAN_MANAGE on both the app and the endpoint.',
      );
    },
  });
}

async function appOf(http: Http, name: string): Promise<apps.App> {
  try {
    return await apps.get(http, name);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    const known = (await apps.names(http).catch(() => [])).filter((each) => APP_NAME.test(each));
    const hint = closest(name, known);
    const next = hint === undefined ? 'Check the name. The app must already exist.' : `Did you mean ${hint}?`;
    throw new Refusal('app_not_found', `there is no app ${name}`, next, { apps: known.slice(0, 30) });
  }
}

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

const MERGE =
  'Add app_yaml to env in the app.yaml of the app. If a bundle deploys the app, add databricks_yml to the lists of the app in its databricks.yml: a deployment removes resources that it lacks. Keep everything else in both files.';

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
