/** A Databricks App that calls a model service as itself: bundle, app.yaml and a Node server with matching names. */
import { yaml } from '../text/literals.ts';
import { appBundle, appNameFor, appYamlEntry } from './databricks-app.ts';
import { nodeRecipe } from './node.ts';
import { clientNotes, type NoRecipe, type Recipe, type Subject, speaks } from './recipe.ts';

/** The resource key that links bundle and app.yaml, and the variable that gets the name of the service (fact A6). */
export const SERVICE_KEY = 'model-service';
export const SERVICE_VARIABLE = 'DATABRICKS_MODEL_SERVICE_NAME';
/** Calls on behalf of the visiting user need this scope (fact A6). */
export const SERVICE_SCOPE = 'ai-gateway';

/** An app name made of the last part of the service's name. */
export function serviceAppName(service: string): string {
  const last = service.slice(service.lastIndexOf('.') + 1).replaceAll(/[^A-Za-z0-9]+/g, '-');
  return appNameFor(last.replace(/^-+/, '') || 'service');
}

/** The lines of an app in databricks.yml (fact A6). A deployment of the bundle removes resources that it lacks (fact B2). */
export function serviceBundleEntry(resource: string, service: string): string {
  return `user_api_scopes:
  - ${SERVICE_SCOPE}
resources:
  - name: ${yaml(resource)}
    uc_securable:
      securable_full_name: ${yaml(service)}
      securable_type: MODEL_SERVICE
      permission: EXECUTE
`;
}

/** The files of the app. The platform gives it a service principal, which gets EXECUTE through the resource. */
export function serviceAppRecipe(subject: Subject): Recipe | NoRecipe {
  const { appName, endpoint, family } = subject;
  if (!speaks(family))
    return { code: 'no_app_form', message: 'this app streams text, and the service gives vectors', instead: 'node' };
  const { files, notes: _, ...node } = nodeRecipe({ ...subject, login: 'databricks' });
  return {
    files: [
      { path: 'databricks.yml', content: appBundle(appName, serviceBundleEntry(SERVICE_KEY, endpoint)) },
      {
        path: 'app.yaml',
        content: `command: ["node", "server.mjs"]\nenv:\n${appYamlEntry(SERVICE_KEY, SERVICE_VARIABLE)}\n  - name: BIND_ADDRESS\n    value: 0.0.0.0\n`,
      },
      { path: 'package.json', content: '{ "private": true, "type": "module", "engines": { "node": ">=20" } }\n' },
      ...files.map(({ path, content }) => ({ path, content: inApp(content) })),
    ],
    notes: [
      'These are whole files for an empty folder. For an app that exists, use attach_to_app and the files databricks.mjs and server.mjs.',
      'Deploy: databricks bundle deploy, then databricks bundle run app. Add authentication of your own where more than the visitors of the app may reach it.',
      'Calls run as the app, whose service principal gets EXECUTE through the resource. The scope ai-gateway is for calls on behalf of a visitor; a change of scopes needs a stop and start of the app and a new consent.',
      'The Apps proxy ends a request after 120 s.',
      ...clientNotes(subject),
    ],
    environment: {
      ...node.environment,
      DATABRICKS_HOST: 'set by the platform, without https://',
      [SERVICE_VARIABLE]: `set from the resource ${SERVICE_KEY}`,
      DATABRICKS_APP_PORT: 'set by the platform',
    },
  };
}

/** The platform gives the host without its scheme, the port in a variable of its own, and the name of the service from the resource. */
function inApp(content: string): string {
  return content
    .replace(/^export const ENDPOINT = .*;$/m, `export const ENDPOINT = setting('${SERVICE_VARIABLE}');`)
    .replace(
      "new URL(setting('DATABRICKS_HOST')).origin",
      "new URL(setting('DATABRICKS_HOST').replace(/^(?!https?:)/, 'https://')).origin",
    )
    .replace('process.env.PORT ??', 'process.env.DATABRICKS_APP_PORT ?? process.env.PORT ??');
}
