/** A Databricks App: bundle, app.yaml, AppKit server and local settings with matching names. */

import { js, yaml } from '../text/literals.ts';
import type { NoRecipe, Recipe, Subject } from './recipe.ts';

/** The resource key that links bundle and app.yaml. AppKit's serving plugin declares the same key in its manifest. */
export const RESOURCE_KEY = 'serving-endpoint';
/** The variable that AppKit's serving plugin reads. */
export const ENDPOINT_VARIABLE = 'DATABRICKS_SERVING_ENDPOINT_NAME';
/** The endpoint refuses a user's token without this scope (fact A3). */
export const USER_SCOPE = 'serving.serving-endpoints';

/** The lines of app.yaml that pass the endpoint's name to the app (fact A4). */
export function appYamlEntry(resource: string, variable = ENDPOINT_VARIABLE): string {
  return `  - name: ${variable}\n    valueFrom: ${yaml(resource)}`;
}

/** An app name made from the endpoint's name: 2 to 30 lower-case letters, digits and dashes. */
export function appNameFor(endpoint: string): string {
  const base = endpoint.toLowerCase().replaceAll('_', '-').slice(0, 26).replace(/-+$/, '');
  return `${base}-app`;
}

/** Bundle, app.yaml, server, one call from the browser, and `.env`. */
export function appRecipe(subject: Subject): Recipe | NoRecipe {
  if (subject.direct) {
    return {
      code: 'route_optimized',
      message: 'the serving plugin calls the workspace URL, but a route-optimized endpoint answers only at its own URL',
      instead: 'node',
    };
  }
  return {
    files: [
      { path: 'databricks.yml', content: bundle(subject) },
      { path: 'app.yaml', content: `command: ["npm", "run", "start"]\nenv:\n${appYamlEntry(RESOURCE_KEY)}\n` },
      { path: 'server/server.ts', content: SERVER },
      { path: 'client/src/ask.ts', content: ask(subject) },
      { path: '.env', content: dotenv(subject) },
    ],
    install: 'npm i @databricks/appkit@0.38',
    notes: [
      'Use Node 22: on 20 and 24 the AppKit process ends when a browser disconnects during a stream.',
      'Calls run as the visiting user, who needs CAN_QUERY on the endpoint. The app itself gets it through the resource.',
      'If the bundle also sets permissions on the endpoint, include the app’s service principal, or the next deploy removes its grant.',
      'The Apps proxy ends a request after 120 s. /api/serving/invoke drops tools, top_p and response_format; /api/serving/stream passes on the whole body.',
      'For an existing app use attach_to_app. Keep .env out of version control.',
    ],
    environment: {
      [ENDPOINT_VARIABLE]: `set from the resource ${RESOURCE_KEY} in the app, from .env locally`,
      DATABRICKS_HOST: 'set by the platform in the app, from .env locally',
      DATABRICKS_CONFIG_PROFILE: 'locally: a profile created with databricks auth login',
    },
  };
}

function bundle({ appName, endpoint }: Subject): string {
  return `bundle:
  name: ${yaml(appName)}
resources:
  apps:
    app:
      name: ${yaml(appName)}
      source_code_path: .
      user_api_scopes:
        - ${USER_SCOPE}
      resources:
        - name: ${RESOURCE_KEY}
          serving_endpoint:
            name: ${yaml(endpoint)}
            permission: CAN_QUERY
`;
}

const SERVER = `import { createApp, server, serving } from '@databricks/appkit';

// serving() reads ${ENDPOINT_VARIABLE} and mounts POST /api/serving/invoke and /api/serving/stream.
await createApp({ plugins: [server(), serving()] });
`;

function ask({ body }: Subject): string {
  return `const example = ${js(body)};

export async function ask(body: object = example): Promise<unknown> {
  const reply = await fetch('/api/serving/invoke', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!reply.ok) throw new Error(\`\${reply.status} \${(await reply.text()).slice(0, 300)}\`);
  return reply.json();
}
`;
}

function dotenv({ host, endpoint }: Subject): string {
  return `NODE_ENV=development
DATABRICKS_HOST=${host}
DATABRICKS_CONFIG_PROFILE=DEFAULT
${ENDPOINT_VARIABLE}=${endpoint}
`;
}
