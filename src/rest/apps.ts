/** Databricks Apps, only as far as endpoints are their resources (fact A2). */
import * as z from 'zod';
import type { Http, WriteRequest } from './http.ts';
import { defined } from './json.ts';
import { segment } from './names.ts';

const ROOT = '/api/2.0/apps';

/** Path of an app's routes. */
export function appPath(name: string): string {
  return `${ROOT}/${segment(name)}`;
}

// A resource has exactly one of many kinds (fact A2). The other kinds are sent back unchanged.
const Resource = z.looseObject({
  name: z.string(),
  serving_endpoint: z.looseObject({ name: z.string(), permission: z.string().optional() }).optional(),
  uc_securable: z.looseObject({ securable_full_name: z.string().optional() }).optional(),
});
export type Resource = z.infer<typeof Resource>;

const App = z.looseObject({
  name: z.string(),
  description: z.string().optional(),
  resources: z.array(Resource).default([]),
  user_api_scopes: z.array(z.string()).optional(),
  service_principal_client_id: z.string().optional(),
});
export type App = z.infer<typeof App>;

const AppList = z.looseObject({ apps: z.array(z.looseObject({ name: z.string() })).default([]) });

/** One app. Throws an ApiError 404 when it does not exist. */
export async function get(http: Http, name: string): Promise<App> {
  return App.parse(await http.json('GET', appPath(name)));
}

/** Names of the apps on the first page of the list. */
export async function names(http: Http): Promise<string[]> {
  return AppList.parse(await http.json('GET', ROOT)).apps.map((app) => app.name);
}

/** What the service itself says about an app. All other fields are settings (fact A5). */
const OUTPUT =
  /^(?:id|url|creator|updater|(?:create|update)_time|(?:active|pending)_deployment|default_source_code_path|thumbnail_url|(?:app|compute)_status|effective_.*|oauth2_app_.*|service_principal_.*)$/;

/**
 * The body of a resource change. It has the whole list (fact A1) and all settings as they are, also those that are not known here: a setting that
 * it omits may be reset (fact A5).
 */
export function resourcesInput(app: App, resources: Resource[]): Record<string, unknown> {
  const settings = Object.entries(app).filter(([name, value]) => !OUTPUT.test(name) && value !== null);
  return defined({ ...Object.fromEntries(settings), resources });
}

/** Changes an app and replaces all of its resources. It is never retried: a second try would undo what others changed in between. */
export function patch(name: string, body: Record<string, unknown>): WriteRequest<App> {
  return { method: 'PATCH', path: appPath(name), body, again: 'never', parse: App.parse };
}
