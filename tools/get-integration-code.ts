import * as z from 'zod';
import { aiSdkRecipe } from '../src/codegen/ai-sdk.ts';
import { curlRecipe } from '../src/codegen/curl.ts';
import { appNameFor, appRecipe, freeKeys } from '../src/codegen/databricks-app.ts';
import { exchanges, LOGINS, type Login } from '../src/codegen/login.ts';
import { nodeRecipe } from '../src/codegen/node.ts';
import { pythonRecipe } from '../src/codegen/python.ts';
import { exampleBody, type Family, familyOf, type NoRecipe, type Recipe, type Subject } from '../src/codegen/recipe.ts';
import type { Column } from '../src/digest/json-schema.ts';
import { digestOpenApi, type EntitySchema, exampleRow } from '../src/digest/openapi.ts';
import { call, Refusal } from '../src/refusal.ts';
import * as apps from '../src/rest/apps.ts';
import { ApiError } from '../src/rest/errors.ts';
import type { Http } from '../src/rest/http.ts';
import { type Endpoint, endpoints, observe } from '../src/rest/index.ts';
import { isServiceName } from '../src/rest/names.ts';
import { defineTool } from '../src/tool.ts';
import { codeForService } from './model-services/code.ts';
import { nameLike, target as targetName } from './params.ts';
import { chooseSchema, rowsForm } from './shared/choose-schema.ts';
import { notServing } from './shared/not-serving.ts';
import { inferenceTask } from './shared/task-form.ts';

/** Characters of JSON for the example row. The columns of a wide model would fill the answer. */
const MAX_ROW = 700;

const TARGETS = ['databricks_app', 'ai_sdk', 'node', 'python', 'curl'] as const;
const RECIPES: Record<(typeof TARGETS)[number], (subject: Subject) => Recipe | NoRecipe> = {
  databricks_app: appRecipe,
  ai_sdk: aiSdkRecipe,
  node: nodeRecipe,
  python: pythonRecipe,
  curl: curlRecipe,
};

export const getIntegrationCode = defineTool({
  name: 'get_integration_code',
  title: 'Code that calls an endpoint',
  effect: 'read',
  toolsets: ['apps'],
  description:
    'Generates files that call an endpoint from a Databricks App, the Vercel AI SDK v6, Node, Python or curl. They contain its name and an example input, and handle token refresh, retries and broken streams.',
  services: true,
  input: z.strictObject({
    endpoint: targetName,
    target: z.enum(TARGETS).describe('Kind of code to generate.'),
    login: z
      .enum(LOGINS)
      .default('databricks')
      .describe('Who the code runs as. Default: a Databricks service principal. entra, managed_identity: Azure.'),
    app_name: nameLike(/^[a-z0-9-]{2,30}$/, 'must be 2 to 30 lower-case letters, digits or -')
      .optional()
      .describe('Name of the app, for databricks_app.'),
    existing_app: z
      .boolean()
      .default(false)
      .describe('databricks_app: the app or its folder exists, so return parts to add to its files.'),
  }),
  output: z.looseObject({
    files: z.array(z.looseObject({ path: z.string(), content: z.string() })).optional(),
    add: z.array(z.looseObject({ path: z.string(), where: z.string(), content: z.string() })).optional(),
    install: z.string().optional(),
  }),

  async run({ endpoint: name, target, login, app_name, existing_app }, context) {
    const { http } = context;
    refuseUnused(name, target, login, existing_app);
    if (isServiceName(name))
      return codeForService({ endpoint: name, target, login, app_name, existing_app }, RECIPES[target], context);
    const [found, { host, cloud }] = await Promise.all([endpoints.get(http, name), http.signer()]);
    const direct = directOf(found);
    if (direct && !exchanges(login)) throw cannotExchange(name, target, login);
    const { family, body, notes } = await exampleOf(http, found, target);
    const recipe = RECIPES[target]({
      endpoint: name,
      host,
      cloud,
      family,
      model: modelOf(found),
      body,
      direct,
      login,
      appName: app_name ?? appNameFor(name),
      existing: target === 'databricks_app' ? await existingApp(http, name, app_name, existing_app) : undefined,
    });
    if ('instead' in recipe) {
      const { code, message, instead } = recipe;
      throw new Refusal(
        code,
        `no ${target} code for ${name}: ${message}`,
        `Use ${call('get_integration_code', { endpoint: name, target: instead })}.`,
      );
    }
    return {
      endpoint: name,
      target,
      ...recipe,
      notes: [...[notServing(found) ?? []].flat(), ...notes, ...recipe.notes],
    };
  },
});

/** Refuses arguments that change nothing for the target, instead of dropping them. */
function refuseUnused(endpoint: string, target: string, login: Login, existing: boolean): void {
  const app = target === 'databricks_app';
  const unused = app && login !== 'databricks' ? 'login' : !app && existing ? 'existing_app' : undefined;
  if (unused === undefined) return;
  const why = app ? 'the platform logs an app in' : 'the files of this target belong to no app';
  const next = `Repeat the call without it: ${call('get_integration_code', { endpoint, target })}.`;
  throw new Refusal('unused_argument', `${unused} cannot be used with ${target}: ${why}`, next);
}

/**
 * Keys that are free in the app. Undefined for a new one. An app of this name in the workspace exists, whatever the caller says.
 */
async function existingApp(http: Http, endpoint: string, app: string | undefined, wanted: boolean) {
  const found = app === undefined ? undefined : await appOrNone(http, app);
  return found || wanted ? freeKeys(found?.resources ?? [], endpoint) : undefined;
}

/** Undefined too when the caller may not read apps: the code is useful without them. */
async function appOrNone(http: Http, name: string): Promise<apps.App | undefined> {
  try {
    return await apps.get(http, name);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** The token of a route-optimized endpoint is exchanged for a token of Databricks (fact D2). */
function cannotExchange(name: string, target: string, login: Login): Refusal {
  return new Refusal(
    'login_not_exchanged',
    `no ${target} code for ${name} with login ${login}: it is route-optimized, and only a Databricks token can be exchanged for its own`,
    `Use ${call('get_integration_code', { endpoint: name, target, login: 'databricks' })}.`,
  );
}

function modelOf(found: Endpoint): string {
  const entity = found.config?.served_entities?.[0];
  return entity?.external_model?.name ?? entity?.entity_name ?? entity?.foundation_model?.name ?? '';
}

/** The dedicated URL and the authorization details for its token, both as returned by the service. */
function directOf(found: Endpoint): Subject['direct'] {
  if (found.route_optimized !== true) return undefined;
  const { endpoint_url: url, authorization_details: details } = found.data_plane_info?.query_info ?? {};
  const refusal = (what: string) =>
    new Refusal(
      'route_not_known',
      `endpoint ${found.name} is route-optimized and the service does not return ${what} yet`,
      `Repeat the call when it is ready: ${call('wait_for_endpoint', { endpoint: found.name })}.`,
    );
  if (url === undefined || !URL.canParse(url)) throw refusal('its URL');
  if (details === undefined) throw refusal('the authorization details for its token');
  return { url, details };
}

/** Family and example body, from the task or from the published signature of a custom model. */
async function exampleOf(
  http: Http,
  found: Endpoint,
  target: string,
): Promise<{ family: Family; body: Record<string, unknown>; notes: string[] }> {
  const family = familyOf(inferenceTask(found));
  if (family !== 'custom') return { family, body: exampleBody(family), notes: [] };
  const schema = await schemaOf(http, found);
  if (!schema) {
    return {
      family,
      body: { dataframe_records: [{ column: 0 }] },
      notes: ['The endpoint publishes no schema. Replace the example input with the columns of your model.'],
    };
  }
  const shown = call('get_schema', { endpoint: found.name });
  const params = schema.params.length > 0 ? { params: exampleRow(schema.params) } : {};
  if (schema.columns.length > 0) {
    const { row, left } = smallRow(schema.columns);
    const omitted = left > 0 ? [`The example omits ${left} columns; ${shown} says how to read all.`] : [];
    const body = { [rowsForm(schema)]: [row], ...params };
    return { family, body, notes: [...omitted, ...bigIntegers(schema.columns, target)] };
  }
  const { form = schema.forms[0] ?? 'inputs', example } = schema.tensor ?? {};
  const fits = example !== undefined && JSON.stringify(example).length <= MAX_ROW;
  if (fits) return { family, body: { [form]: example, ...params }, notes: [] };
  return { family, body: { [form]: [] }, notes: [`Replace the example input: ${shown} shows its form.`] };
}

/** JSON of JavaScript has no integers beyond 2^53. */
function bigIntegers(columns: Column[], target: string): string[] {
  const big = columns.some(({ type }) => type.includes('int64'));
  if (!big || target === 'python' || target === 'curl') return [];
  return ['JavaScript rounds integers beyond 2^53 in rows and answers. Python and curl keep their digits.'];
}

async function schemaOf(http: Http, found: Endpoint): Promise<EntitySchema | undefined> {
  try {
    return chooseSchema(digestOpenApi(await observe.openapi(http, found.name)), found);
  } catch (error) {
    // The code is useful even without a readable schema document.
    if (error instanceof ApiError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** As many columns as fit, required ones first. */
function smallRow(columns: Column[]): { row: Record<string, unknown>; left: number } {
  const required = columns.filter((column) => column.required !== false);
  const ordered = [...required, ...columns.filter((column) => column.required === false)];
  let kept = ordered.length;
  while (kept > 1 && JSON.stringify(exampleRow(ordered.slice(0, kept))).length > MAX_ROW) kept = Math.floor(kept * 0.8);
  return { row: exampleRow(ordered.slice(0, kept)), left: ordered.length - kept };
}
