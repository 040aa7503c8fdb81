/** A Databricks App: bundle, app.yaml, AppKit server and local settings with matching names, or the parts to add to an app that exists. */

import { js, yaml } from '../text/literals.ts';
import { type ExistingApp, type NoRecipe, type Recipe, type Subject, speaks } from './recipe.ts';
import { askInput, FAILURE, jsRead, LINES, questionOf } from './stream.ts';

/** The resource key that links bundle and app.yaml. AppKit's serving plugin declares the same key in its manifest. */
export const RESOURCE_KEY = 'serving-endpoint';
/** The variable that AppKit's serving plugin reads. */
export const ENDPOINT_VARIABLE = 'DATABRICKS_SERVING_ENDPOINT_NAME';
/** The endpoint refuses a user's token without this scope (fact A3). */
export const USER_SCOPE = 'model-serving';
/** The name that the scope had before. Some workspaces still know it by this name only. */
export const OLD_USER_SCOPE = 'serving.serving-endpoints';

export const SCOPE_NOTE = `A workspace that refuses the scope ${USER_SCOPE} knows it as ${OLD_USER_SCOPE}. After a change of scopes, stop and start the app, and have its users consent again.`;

/** The lines of app.yaml that pass the endpoint's name to the app (fact A4). */
export function appYamlEntry(resource: string, variable = ENDPOINT_VARIABLE): string {
  return `  - name: ${variable}\n    valueFrom: ${yaml(resource)}`;
}

/** The lines of an app in databricks.yml. A deployment of the bundle removes resources that it lacks (fact B2). */
export function bundleEntry(resource: string, endpoint: string, permission = 'CAN_QUERY'): string {
  return `user_api_scopes:
  - ${USER_SCOPE}
resources:
  - name: ${yaml(resource)}
    serving_endpoint:
      name: ${yaml(endpoint)}
      permission: ${/^[A-Z_]{1,30}$/.test(permission) ? permission : yaml(permission)}
`;
}

/** A resource of an app, as far as it is an endpoint. */
interface AppResource {
  name: string;
  serving_endpoint?: { name: string } | undefined;
}

/** The key that already attaches the endpoint, or one that is free, with a variable and an alias that go with it. */
export function freeKeys(resources: readonly AppResource[], endpoint: string): ExistingApp {
  const attached = resources.find((each) => each.serving_endpoint?.name === endpoint && KEY.test(each.name))?.name;
  const taken = new Set(resources.map(({ name }) => name));
  const others = resources.some((each) => each.serving_endpoint && each.serving_endpoint.name !== endpoint);
  if (!others)
    return {
      key: attached ?? (taken.has(RESOURCE_KEY) ? `${RESOURCE_KEY}-2` : RESOURCE_KEY),
      variable: ENDPOINT_VARIABLE,
    };
  const word = endpoint.replaceAll(/[^A-Za-z0-9]+/g, '_').replace(/^(?=\d)/, 'e');
  const key =
    attached ??
    [RESOURCE_KEY, `serving-${word.toLowerCase()}`, `serving-${word.toLowerCase()}-2`].find((each) => !taken.has(each));
  return { key: key ?? RESOURCE_KEY, variable: `${ENDPOINT_VARIABLE}_${word.toUpperCase()}`, alias: word };
}

/** Names in an app are text from others. Only a plain key becomes part of a file. */
const KEY = /^[A-Za-z0-9][\w-]{0,62}$/;

/** An app name made from the endpoint's name: 2 to 30 lower-case letters, digits and dashes. */
export function appNameFor(endpoint: string): string {
  const base = endpoint.toLowerCase().replaceAll('_', '-').slice(0, 26).replace(/-+$/, '');
  return `${base}-app`;
}

/** Bundle, app.yaml, server, the calls of the browser, and `.env`. For an app that exists, the parts to add to its files. */
export function appRecipe(subject: Subject): Recipe | NoRecipe {
  if (subject.direct) {
    return {
      code: 'route_optimized',
      message: 'the serving plugin calls the workspace URL, but a route-optimized endpoint answers only at its own URL',
      instead: 'node',
    };
  }
  const { existing } = subject;
  const variable = existing?.variable ?? ENDPOINT_VARIABLE;
  return {
    files: existing ? [calls(subject)] : wholeFiles(subject),
    ...(existing ? { add: parts(subject, existing) } : {}),
    install: `npm i @databricks/appkit@0.38${existing ? '' : ' tsx@4 vite@7 @vitejs/plugin-react@5'}`,
    notes: [
      existing
        ? 'add has parts for files that you have: put each where it says, and keep everything else in the file. If client/src/ask.ts exists, choose another name.'
        : 'These are whole files for an empty folder. If databricks.yml, app.yaml, package.json or server/server.ts exists, do not replace it: repeat the call with existing_app true.',
      ...(existing ? [] : ['Locally: npm run dev. Deploy: databricks bundle deploy, then databricks bundle run app.']),
      'AppKit is pinned to 0.38, for which this code was written: 0.77 deprecates serving(), and a later version will remove it.',
      'Use Node 22: on 20 and 24 the AppKit process ends when a browser disconnects during a stream.',
      'Calls run as the visiting user, who needs CAN_QUERY on the endpoint. The app itself gets it through the resource.',
      SCOPE_NOTE,
      'If the bundle also sets permissions on the endpoint, include the app’s service principal, or the next deploy removes its grant.',
      `The Apps proxy ends a request after 120 s. ${DROPPED}`,
      ...(existing ? [] : ['For an existing app use attach_to_app. Keep .env out of version control.']),
    ],
    environment: {
      [variable]: `set from the resource ${existing?.key ?? RESOURCE_KEY} in the app, from .env locally`,
      DATABRICKS_HOST: 'set by the platform in the app, from .env locally',
      DATABRICKS_CONFIG_PROFILE: 'locally: a profile created with databricks auth login',
    },
  };
}

const DROPPED =
  '/api/serving/invoke drops fields such as tools, top_p, response_format, params and custom_inputs; /api/serving/stream passes on the whole body.';

function wholeFiles(subject: Subject) {
  return [
    { path: 'databricks.yml', content: appBundle(subject.appName, bundleEntry(RESOURCE_KEY, subject.endpoint)) },
    { path: 'app.yaml', content: `command: ["npm", "run", "start"]\nenv:\n${appYamlEntry(RESOURCE_KEY)}\n` },
    { path: 'package.json', content: PACKAGE },
    { path: 'server/server.ts', content: SERVER },
    calls(subject),
    { path: 'client/src/page.ts', content: page(subject) },
    { path: 'client/index.html', content: HTML },
    { path: 'client/vite.config.ts', content: 'export default {};\n' },
    { path: '.env', content: dotenv(subject) },
  ];
}

/** What to add to the files of an existing app, and where. */
function parts({ endpoint, host }: Subject, { key, variable, alias }: ExistingApp) {
  const plugin =
    alias === undefined
      ? 'serving()'
      : `serving({ endpoints: { default: { env: '${ENDPOINT_VARIABLE}' }, ${alias}: { env: '${variable}' } } })`;
  return [
    {
      path: 'databricks.yml',
      where: 'in your app under resources.apps; append to its lists user_api_scopes and resources',
      content: bundleEntry(key, endpoint),
    },
    { path: 'app.yaml', where: 'append to env; keep command', content: `${appYamlEntry(key, variable)}\n` },
    {
      path: 'server/server.ts',
      where: `import serving from @databricks/appkit, and add it to the plugins of createApp${alias === undefined ? '' : MOVED}`,
      content: `${plugin}\n`,
    },
    {
      path: '.env',
      where: 'append; keep the settings that are there',
      content: `DATABRICKS_HOST=${host}\n${variable}=${endpoint}\n`,
    },
  ];
}

/** AppKit mounts the routes without an alias only while there is a single endpoint. */
const MOVED =
  '; the present endpoint moves from /api/serving/invoke and stream to /api/serving/default/invoke and stream';

/** The text of databricks.yml with one app. @param entry the lines of the app that name its resources. */
export function appBundle(appName: string, entry: string): string {
  return `bundle:
  name: ${yaml(appName)}
resources:
  apps:
    app:
      name: ${yaml(appName)}
      source_code_path: .
${entry.replaceAll(/^(?=.)/gm, '      ')}`;
}

/** The platform runs build and then the command of app.yaml. The installation adds the dependencies. */
const PACKAGE = `{
  "private": true,
  "type": "module",
  "scripts": { "build": "vite build client", "start": "tsx server/server.ts", "dev": "tsx --env-file=.env server/server.ts" },
  "engines": { "node": "22" }
}
`;

const SERVER = `import { createApp, server, serving } from '@databricks/appkit';

// serving() reads ${ENDPOINT_VARIABLE} and mounts POST /api/serving/invoke and /api/serving/stream.
await createApp({ plugins: [server(), serving()] });
`;

/** The calls of the browser. Text comes as a stream; rows, embeddings and whole answers come by invoke. */
function calls(subject: Subject) {
  const { alias } = subject.existing ?? {};
  const base = `/api/serving/${alias === undefined ? '' : `${alias}/`}`;
  const text = speaks(subject.family) ? streaming(subject) : '';
  return { path: 'client/src/ask.ts', content: `${invoke(subject, base)}${text}` };
}

function invoke({ body }: Subject, base: string): string {
  return `const example = ${js(body)};

/** The whole answer. */
export async function invoke(body: object = example): Promise<unknown> {
  return (await post('invoke', body)).json();
}

async function post(path: string, body: object, signal?: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(body), signal };
  const reply = await fetch('${base}' + path, init);
  if (!reply.ok) throw failure(reply.status, await reply.text(), reply.statusText);
  return reply;
}

/** An error with status and code. */
${FAILURE.replace('(status, text, code)', '(status: number, text: string, code?: string): Error').replace('let said = {}', 'let said: any = {}')}`;
}

const HTML = `<!doctype html>
<body>
  <form><input name="question" size="60"><button>Ask</button></form>
  <pre></pre>
  <script type="module" src="/src/page.ts"></script>
</body>
`;

/** What the page does with its form: the least that shows an answer and an error. */
function page({ family, body }: Subject): string {
  const question = `String(new FormData(form).get('question'))`;
  const given = family === 'completions' ? question : `[{ role: 'user', content: ${question} }]`;
  const show = speaks(family)
    ? `    for await (const text of ask(${given})) output.append(text);`
    : `    output.append(JSON.stringify(await invoke(JSON.parse(${question})), null, 2));`;
  return `import { ${speaks(family) ? 'ask' : 'invoke'} } from './ask.ts';

const form = document.querySelector('form')!;
const output = document.querySelector('pre')!;
form.question.value = ${js(speaks(family) ? questionOf(body) : js(body))};
form.onsubmit = async (event) => {
  event.preventDefault();
  output.textContent = '';
  try {
${show}
  } catch (error) {
    output.append(String(error));
  }
};
`;
}

function streaming({ family }: Subject): string {
  const { argument, field } = askInput(family);
  const body = field === argument ? `{ ${field} }` : `{ ${field}: ${argument} }`;
  return `
/** The answer, piece by piece; end receives finish_reason. A broken stream throws. */
export async function* ask(${argument} = example.${field}, signal?: AbortSignal, end: any = {}): AsyncGenerator<string> {
  const reply = await post('stream', ${body}, signal);
${jsRead(family).replace('events(reply.body)', 'events(reply)')}
}

function* texts(content: any): Generator<string> {
  if (typeof content === 'string') yield content;
  else for (const part of content ?? []) if (part.text) yield part.text; // a list of parts
}

async function* events(reply: Response): AsyncGenerator<[name: string, data: string]> {
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '', name = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const lines = (rest + value).split('\\n');
      rest = lines.pop() ?? '';
${LINES}
    }
  } finally {
    void reader.cancel().catch(() => {}); // the reader has left
  }
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
