/** `get_integration_code` for a model service: the same programs, at the routes of the gateway (fact V9). */
import type { Login } from '../../src/codegen/login.ts';
import { exampleBody, type NoRecipe, type Recipe, type Subject } from '../../src/codegen/recipe.ts';
import { serviceAppName, serviceAppRecipe } from '../../src/codegen/service-app.ts';
import { UNITY_GATEWAY } from '../../src/plan/model-service.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import type { ToolContext } from '../../src/tool.ts';
import { apisOf, FAMILIES } from './apis.ts';
import { existingService } from './existing.ts';

interface Asked {
  endpoint: string;
  target: string;
  login: Login;
  app_name?: string | undefined;
  existing_app: boolean;
}

/** @param recipe the generator of the target. An app has one of its own: AppKit calls endpoints alone. */
export async function codeForService(
  asked: Asked,
  recipe: (subject: Subject) => Recipe | NoRecipe,
  context: ToolContext,
): Promise<ToolResult> {
  const { endpoint: name, target, login, app_name, existing_app } = asked;
  if (existing_app)
    throw new Refusal(
      'unused_argument',
      'existing_app cannot be used with a model service',
      `${call('attach_to_app', { app: app_name ?? 'the name of the app', endpoint: name })} adds it to an app that exists.`,
    );
  const [found, { host, cloud }] = await Promise.all([
    existingService(name, { ...asked }, context),
    context.http.signer(),
  ]);
  const api = apisOf(found)[0] ?? 'chat/completions';
  const family = FAMILIES[api];
  const subject: Subject = {
    endpoint: name,
    api,
    host,
    cloud,
    family,
    model: name,
    body: { model: name, ...exampleBody(family) },
    direct: undefined,
    login,
    appName: app_name ?? serviceAppName(name),
  };
  const made = (target === 'databricks_app' ? serviceAppRecipe : recipe)(subject);
  if ('instead' in made)
    throw new Refusal(
      made.code,
      `no ${target} code for ${name}: ${made.message}`,
      `Use ${call('get_integration_code', { endpoint: name, target: made.instead })}.`,
    );
  return { model_service: name, gateway: UNITY_GATEWAY, target, ...made };
}
