/** The parts of the documents that are generated from the definitions. Pure: definitions in, Markdown out. */
import * as z from 'zod';
import type { Method } from '../src/auth/method.ts';
import type { Client, Machine } from '../src/install/clients.ts';
import { listed } from '../src/mcp/describe-tool.ts';
import type { Prompt } from '../src/mcp/prompts.ts';
import { publishedTools } from '../src/mcp/tool-list.ts';
import { meaning, type Option } from '../src/options.ts';
import type { Product } from '../src/package/product.ts';
import type { Publisher } from '../src/package/publisher.ts';
import type { Effect, Tool } from '../src/tool.ts';
import { ALL, TOOLSET_NAMES, TOOLSETS, type Toolset } from '../src/toolsets.ts';
import { toolTokens } from './bench/sizes.ts';
import type { Walkthrough } from './walkthrough/walkthrough.ts';

/** The text between `<!-- name -->` and `<!-- /name -->`; undefined when the document has no such region. */
export function regionOf(document: string, name: string): string | undefined {
  const [start, end] = marks(name);
  const from = document.indexOf(start);
  const to = document.indexOf(end);
  return from < 0 || to < from ? undefined : document.slice(from + start.length, to).trim();
}

/** The document with another text in a region. Throws when it has no such region. */
export function withRegion(document: string, name: string, body: string): string {
  if (regionOf(document, name) === undefined) throw new Error(`there is no region ${name}`);
  const [start, end] = marks(name);
  const before = document.slice(0, document.indexOf(start) + start.length);
  return `${before}\n${body.trim()}\n${document.slice(document.indexOf(end))}`;
}

function marks(name: string): [start: string, end: string] {
  return [`<!-- ${name} -->`, `<!-- /${name} -->`];
}

/** The walk-throughs as code blocks under their titles. */
export function transcript(played: readonly Walkthrough[]): string {
  return played.map(({ title, text }) => `### ${title}\n\n${block(text)}`).join('\n\n');
}

/**
 * The first calls of a walk-through, without the remarks between them.
 * @param without members of an only finding that are left out.
 */
export function opening({ text }: Walkthrough, calls: number, without: readonly string[] = []): string {
  const rest = text.split('\n→ ')[calls];
  const shown = rest === undefined ? text : text.slice(0, text.indexOf(`\n→ ${rest}`));
  let leftOut = false;
  const kept = shown.split('\n').filter((line) => {
    // A long member goes on in further lines, until the next one begins.
    if (/^(?:→| +[a-z_]+: )/.test(line)) leftOut = without.some((each) => line.startsWith(`      ${each}: `));
    return !leftOut && !/^(✓| {2}…) /.test(line);
  });
  return block(kept.join('\n'));
}

function block(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}

/** Options in the order of their names. Throws for a name that is no option. */
export function optionsTable(options: readonly Option[], names: readonly string[]): string {
  const rows = names.map((name) => {
    const option = options.find((each) => each.name === name);
    if (!option) throw new Error(`there is no option --${name}`);
    return [`\`--${name}${option.value === undefined ? '' : ` ${option.value}`}\``, meaning(option)];
  });
  return table(['Option', 'Meaning'], rows);
}

/** A machine on which only the names of folders are known. */
const HOMES: readonly [platform: string, machine: Machine][] = [
  ['Linux', nowhere('linux', '~', {})],
  ['macOS', nowhere('darwin', '~', {})],
  ['Windows', nowhere('win32', '%USERPROFILE%', { APPDATA: '%APPDATA%' })],
];

function nowhere(platform: string, home: string, env: Record<string, string>): Machine {
  return { platform, home, env, cwd: '.', exists: () => false, list: () => [] };
}

/** Where each client keeps its servers. One path where all platforms have the same. */
export function clientsTable(clients: readonly Client[]): string {
  return table(
    ['CLIENT', 'Client', 'File', 'In a project', 'Key'],
    clients.map((client) => {
      const files = HOMES.map(([platform, machine]) => [platform, client.userFiles(machine)[0] ?? ''] as const);
      const [, first = ''] = files[0] ?? [];
      const same = files.every(([, file]) => file.replace('%USERPROFILE%', '~').replaceAll('\\', '/') === first);
      const shown = same ? `\`${first}\`` : files.map(([platform, file]) => `${platform}: \`${file}\``).join('<br>');
      const project = client.projectFile === undefined ? 'none' : `\`${client.projectFile.join('/')}\``;
      return [`\`${client.name}\``, client.title, shown, project, `\`${client.rootKey}\``];
    }),
  );
}

/** One line for each client, to run in a clone. */
export function installLines(clients: readonly Pick<Client, 'name' | 'title'>[]): string {
  const rows = clients.map(({ name, title }) => [title, `\`node dist/server.mjs install ${name} --sandbox\``]);
  return table(['Client', 'Line'], rows);
}

/** How each package of `npm run package` is installed. The first block is tried in `test/installs/`; a registry is out of its reach. */
export function packageLines(
  { npmPackage }: Pick<Publisher, 'npmPackage'>,
  { name, version }: Pick<Product, 'name' | 'version'>,
): string {
  const folder = `./packages/${name}`;
  const file = `./packages/${tarballName(npmPackage ?? name, version)}`;
  const published = npmPackage === null ? 'When the package is on npm' : 'From npm';
  return [
    '```sh',
    `npm install --global ${file} && ${name} install cursor --sandbox`,
    `claude plugin marketplace add ${folder} && claude plugin install ${name}@${name} --config sandbox=true --config read_only=false`,
    `gemini extensions install ${folder}`,
    '```',
    '',
    `Claude Desktop opens \`packages/${name}-${version}.mcpb\` with a double click. ${published}, this line installs it without any of these files. It needs the registry, so it is untested:`,
    '',
    '```sh',
    `npx -y ${npmPackage ?? name}@${version} install cursor --sandbox`,
    '```',
  ].join('\n');
}

/** As `npm pack` names its file. */
function tarballName(npmPackage: string, version: string): string {
  return `${npmPackage.replace(/^@/, '').replace('/', '-')}-${version}.tgz`;
}

/** One line for each tool. */
export function toolsTable(tools: readonly Tool[]): string {
  const rows = tools.map((tool) => [`\`${tool.name}\``, tool.effect, firstSentence(tool.description)]);
  return table(['Tool', 'Effect', 'What it does'], rows);
}

/** Each toolset: its use, its tools, and the tokens that a client puts before the model when it is the only one. */
export function toolsetsTable(tools: readonly Tool[]): string {
  const list = tools.map(listed);
  const tokens = (names: readonly Toolset[] | undefined) => {
    const toolsets = names && { names, from: '--toolsets' };
    const shown = publishedTools(list, { readOnly: false, noQuery: false, toolsets });
    return Math.round(shown.reduce((sum, each) => sum + toolTokens(each), 0)).toLocaleString('en-US');
  };
  const everywhere = tools.filter(({ toolsets }) => toolsets.length === TOOLSET_NAMES.length);
  const rows = TOOLSET_NAMES.map((name) => {
    const own = tools.filter((tool) => tool.toolsets.includes(name) && !everywhere.includes(tool));
    return [`\`${name}\``, TOOLSETS[name], own.map((tool) => `\`${tool.name}\``).join(', '), tokens([name])];
  });
  const base = everywhere.map(({ name }) => `\`${name}\``).join(' and ');
  return [
    table(
      ['Toolset', 'What it is for', 'Tools', 'Tokens'],
      [...rows, [`\`${ALL}\``, 'Everything, the default.', '', tokens(undefined)]],
    ),
    `Each toolset also has ${base}. The tokens are what a client puts before the model: names, descriptions and input schemas, four characters to a token.`,
  ].join('\n\n');
}

/** Each tool with its description and parameters, as clients receive them. */
export function toolReference(tools: readonly Tool[]): string {
  return tools
    .map((tool) =>
      [
        `### \`${tool.name}\``,
        `${tool.title} · \`${tool.effect}\``,
        tool.description,
        parametersTable(tool) ?? 'No parameters.',
      ].join('\n\n'),
    )
    .join('\n\n');
}

/** How many tools there are of each effect. */
export function effectCounts(tools: readonly Tool[]): string {
  const effects: Effect[] = ['read', 'query', 'write', 'destroy'];
  const counts = effects.map((effect) => `${tools.filter((tool) => tool.effect === effect).length} \`${effect}\``);
  return `${tools.length} tools: ${counts.join(', ')}.`;
}

/** Every prompt: a ready-made request that clients offer by name. */
export function promptsTable(prompts: readonly Prompt[]): string {
  return table(
    ['Prompt', 'What it asks for', 'Arguments'],
    prompts.map(({ name, description, arguments: list }) => [
      `\`${name}\``,
      description,
      list.map((each) => (each.required ? `**${each.name}**` : each.name)).join(', '),
    ]),
  );
}

/** What can be read without a tool. */
export function resourcesTable(
  resources: readonly { uri: string; title: string }[],
  templates: readonly { uriTemplate: string; title: string }[],
): string {
  return table(
    ['Resource', 'What it is'],
    [
      ...resources.map(({ uri, title }) => [`\`${uri}\``, title]),
      ...templates.map(({ uriTemplate, title }) => [`\`${uriTemplate}\``, title]),
    ],
  );
}

/** The inputs of each method; the order and the third column come from the chain itself. */
const AUTH_NEEDS: Record<string, string> = {
  pat: 'A personal access token: `token` in the profile, or `DATABRICKS_TOKEN`.',
  basic: '`username` and `password`. This method has no bearer token, so it cannot query route-optimized endpoints.',
  'oauth-m2m':
    'A service principal: `client_id` and `client_secret` in the profile, or `DATABRICKS_CLIENT_ID` and `DATABRICKS_CLIENT_SECRET`.',
  'databricks-cli':
    'The current Databricks CLI on `PATH` (or in `DATABRICKS_CLI_PATH`), logged in to the host. The server runs `databricks auth token` and never reads the token store of the CLI.',
  'metadata-service': '`DATABRICKS_METADATA_SERVICE_URL`, an address on this machine.',
  'github-oidc': 'A GitHub Actions job with the permission `id-token: write`, and a federation policy.',
  'azure-devops-oidc':
    'An Azure DevOps job with `SYSTEM_ACCESSTOKEN` mapped into its environment, and a federation policy.',
  'env-oidc': 'An identity token in `DATABRICKS_OIDC_TOKEN`, or in the variable named by `DATABRICKS_OIDC_TOKEN_ENV`.',
  'file-oidc':
    'The path of an identity token in `DATABRICKS_OIDC_TOKEN_FILEPATH`. The file is read again at every refresh.',
  'azure-msi': '`ARM_USE_MSI=true` on an Azure machine with a managed identity.',
  'azure-client-secret':
    'A Microsoft Entra service principal: `ARM_CLIENT_ID`, `ARM_CLIENT_SECRET`, and `ARM_TENANT_ID` if the workspace does not name its tenant.',
  'azure-cli': 'The Azure CLI on `PATH`, logged in with `az login`.',
  'google-credentials':
    '`GOOGLE_CREDENTIALS`: a service account key, as JSON or as a path. For hosts on Google Cloud only.',
};

/** The chain in the order in which it is tried. Throws for a method without a description. */
export function authTable(methods: readonly Pick<Method, 'name' | 'implicit'>[]): string {
  return table(
    ['', 'Method', 'What it needs besides the host', 'If it fails'],
    methods.map(({ name, implicit }, index) => {
      const needs = AUTH_NEEDS[name];
      if (needs === undefined) throw new Error(`describe in test/docs.ts what the method ${name} needs`);
      return [String(index + 1), `\`${name}\``, needs, implicit ? 'next method' : 'error'];
    }),
  );
}

/** A behaviour of the sandbox and its basis, as the sandbox records it. */
interface Evidence {
  id: string;
  behaviour: string;
  evidence: 'documented' | 'seen' | 'assumed';
}

/** Areas of the sandbox by the ids of its evidence rows; the first match counts. */
const AREAS: readonly (readonly [title: string, ids: RegExp])[] = [
  ['Warehouses, statements and tables', /^sql-/],
  ['Limits and quotas', /limit|quota/],
  ['Logs, metrics and schemas', /^data\.(build-log|access|failed-lines|replicas|metrics|openapi)|^logs-/],
  ['Queries and their answers', /^data\./],
  [
    'Tokens and permissions',
    /^(data-plane-url|login|scope-routes|narrowing|no-credential|federation|permission-|acl-)/,
  ],
  ['Models, secrets and principals', /^(catalog|metastore|page-size|scope|scim|model-check)/],
  ['Apps', /^app-/],
  ['Deployments', /^(unchanged|message-|failed-version|cancel|secret-missing-deploy)/],
  ['Endpoints and their settings', /./],
];

/** How many behaviours rest on which kind of evidence. */
export function evidenceCounts(rows: readonly Evidence[]): string {
  const count = (kind: Evidence['evidence']) => rows.filter((row) => row.evidence === kind).length;
  return `Of ${rows.length} recorded behaviours, ${count('documented')} are documented, ${count('seen')} were seen in published answers of real workspaces, and ${count('assumed')} are assumed.`;
}

/** The assumed behaviours, by area. */
export function assumedList(rows: readonly Evidence[]): string {
  const assumed = rows.filter((row) => row.evidence === 'assumed');
  const areaOf = (id: string) => AREAS.find(([, ids]) => ids.test(id))?.[0];
  return AREAS.flatMap(([title]) => {
    const mine = assumed.filter((row) => areaOf(row.id) === title);
    return mine.length === 0 ? [] : [`**${title}**\n\n${mine.map((row) => `- ${row.behaviour}`).join('\n')}`];
  }).join('\n\n');
}

/** The part of JSON Schema that the tools publish. */
interface Schema {
  type?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  minimum?: number;
  maximum?: number;
  default?: unknown;
}

function parametersTable(tool: Tool): string | undefined {
  // Zod types its own output wider than this; fields that the interface lacks are not read.
  const { properties = {}, required = [] } = z.toJSONSchema(tool.input, {
    io: 'input',
    unrepresentable: 'any',
  }) as Schema;
  const rows = Object.entries(properties).map(([name, schema]) => [
    required.includes(name) ? `**\`${name}\`**` : `\`${name}\``,
    typeOf(schema),
    [schema.description, schema.default === undefined ? undefined : `Default: \`${JSON.stringify(schema.default)}\`.`]
      .filter(Boolean)
      .join(' '),
  ]);
  return rows.length === 0 ? undefined : table(['Parameter', 'Type', 'Meaning'], rows);
}

function typeOf(schema: Schema): string {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return `one of ${schema.enum.map((value) => `\`${value}\``).join(', ')}`;
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'any'}`;
  if (schema.type === 'object' && schema.properties) {
    return `{ ${Object.keys(schema.properties)
      .map((name) => (schema.required?.includes(name) ? name : `${name}?`))
      .join(', ')} }`;
  }
  const { minimum, maximum } = schema;
  const bounded = Math.abs(minimum ?? 0) < Number.MAX_SAFE_INTEGER && (maximum ?? Infinity) < Number.MAX_SAFE_INTEGER;
  const range = minimum !== undefined && bounded ? `, ${minimum} to ${maximum}` : '';
  return `${schema.type ?? 'any'}${range}`;
}

function firstSentence(description: string): string {
  return /^.*?[.!?](?=\s+[A-Z]|$)/s.exec(description)?.[0] ?? description;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
