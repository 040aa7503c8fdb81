/** The parts of the README that are made from the definitions, so that they cannot drift from them. Pure: definitions in, Markdown out. */
import * as z from 'zod';
import type { Method } from '../src/auth/method.ts';
import type { Option } from '../src/config.ts';
import type { Prompt } from '../src/mcp/prompts.ts';
import type { Effect, Tool } from '../src/tool.ts';
import type { CliJob } from './cli-jobs.ts';
import type { Evidence } from './support/evidence.ts';
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
  return played.map(({ title, text }) => `**${title}**\n\n\`\`\`text\n${text}\n\`\`\``).join('\n\n');
}

/** Every option of the command line. */
export function optionsTable(options: readonly Option[]): string {
  return table(
    ['Option', 'Meaning'],
    options.map(({ name, value, help }) => [`\`--${name}${value === undefined ? '' : ` ${value}`}\``, help]),
  );
}

/** Parameters that mean the same in every tool; told once, below the table. */
const SHARED = ['wait_seconds', 'dry_run', 'if_fingerprint'];

/** Every tool: what it may do to the world, what it is for, what it takes. */
export function toolsTable(tools: readonly Tool[]): string {
  const rows = tools.map((tool) => [
    `\`${tool.name}\``,
    tool.effect,
    firstSentence(tool.description),
    parameters(tool, (name) => !SHARED.includes(name)),
  ]);
  const shared = SHARED.map((name) => {
    const takers = tools.filter((tool) => name in tool.input.shape);
    const words = new Set(takers.map((tool) => description(published(tool).properties?.[name])).filter(Boolean));
    return `- \`${name}\`: ${[...words].join(' ')} Taken by ${takers.map((tool) => tool.name).join(', ')}.`;
  });
  return `${table(['Tool', 'Effect', 'What it does', 'Parameters'], rows)}\n\n${shared.join('\n')}`;
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

/** What a user of the CLI does, and the tool for it. */
export function cliJobsTable(jobs: readonly CliJob[]): string {
  return table(
    ['With the CLI and its skill text', 'Here'],
    jobs.map(({ job, tools }) => [job, tools.map((tool) => `\`${tool}\``).join(', ')]),
  );
}

/** What each method needs, in the words of its module; the order and the third column come from the chain itself. */
const AUTH_NEEDS: Record<string, string> = {
  pat: 'A personal access token: `token` in the profile, or `DATABRICKS_TOKEN`.',
  basic: '`username` and `password`. Gives no bearer token, so route-optimised endpoints cannot be queried with it.',
  'oauth-m2m':
    'A service principal: `client_id` and `client_secret`, or `DATABRICKS_CLIENT_ID` and `DATABRICKS_CLIENT_SECRET`.',
  'databricks-cli':
    'The current Databricks CLI on `PATH` (or `DATABRICKS_CLI_PATH`), logged in to the host. It is asked with `databricks auth token`; its token store is never read.',
  'metadata-service': '`DATABRICKS_METADATA_SERVICE_URL`, an address on this machine.',
  'github-oidc': 'A GitHub Actions job with the permission `id-token: write`, and a federation policy.',
  'azure-devops-oidc':
    'An Azure DevOps job with `SYSTEM_ACCESSTOKEN` mapped into its environment, and a federation policy.',
  'env-oidc':
    'An identity token in `DATABRICKS_OIDC_TOKEN`, or in the variable that `DATABRICKS_OIDC_TOKEN_ENV` names.',
  'file-oidc':
    'The path of an identity token in `DATABRICKS_OIDC_TOKEN_FILEPATH`; the file is read again at every refresh.',
  'azure-msi': '`ARM_USE_MSI=true` on an Azure machine with a managed identity.',
  'azure-client-secret':
    'A Microsoft Entra service principal: `ARM_CLIENT_ID`, `ARM_CLIENT_SECRET`, and `ARM_TENANT_ID` where the workspace does not tell it.',
  'azure-cli': 'The Azure CLI on `PATH`, logged in with `az login`.',
  'google-credentials': '`GOOGLE_CREDENTIALS`: a service account key as JSON or as a path. Hosts on Google Cloud only.',
};

/** The chain in the order in which it is tried. Throws for a method that nobody has described. */
export function authTable(methods: readonly Pick<Method, 'name' | 'implicit'>[]): string {
  return table(
    ['', 'Method', 'What it needs besides the host', 'When it has that and fails'],
    methods.map(({ name, implicit }, index) => {
      const needs = AUTH_NEEDS[name];
      if (needs === undefined) throw new Error(`say in test/docs.ts what the method ${name} needs`);
      return [String(index + 1), `\`${name}\``, needs, implicit ? 'the next one is tried' : 'the search ends'];
    }),
  );
}

/** Areas of the sandbox by the ids of its evidence rows; the first that fits counts. */
const AREAS: readonly (readonly [title: string, ids: RegExp])[] = [
  ['Limits and quotas', /limit|quota/],
  ['Logs, metrics and schemas', /^data\.(build-log|access|metrics|openapi)|^logs-/],
  ['Queries and what they answer', /^data\./],
  ['Tokens and permissions', /^(data-plane-url|narrowing|no-credential|federation|permission-|acl-)/],
  ['Models, secrets and principals', /^(catalog|page-size|scope|scim|model-check)/],
  ['Apps', /^app-/],
  ['Deployments', /^(unchanged|message-|failed-version|cancel|secret-missing-deploy)/],
  ['Endpoints and their settings', /./],
];

/** How many behaviours rest on what. */
export function evidenceCounts(rows: readonly Evidence[]): string {
  const count = (kind: Evidence['evidence']) => rows.filter((row) => row.evidence === kind).length;
  return `Of ${rows.length} behaviours on record, ${count('documented')} are documented, ${count('seen')} were seen in real answers that others published, and ${count('assumed')} are assumed.`;
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

function parameters(tool: Tool, wanted: (name: string) => boolean): string {
  const needed = published(tool).required ?? [];
  const names = Object.keys(tool.input.shape).filter(wanted);
  return names.map((name) => (needed.includes(name) ? `**${name}**` : name)).join(', ') || 'none';
}

function published(tool: Tool) {
  return z.toJSONSchema(tool.input, { io: 'input', unrepresentable: 'any' });
}

function firstSentence(description: string): string {
  return /^.*?[.!?](?=\s+[A-Z]|$)/s.exec(description)?.[0] ?? description;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function description(schema: unknown): string {
  const told = typeof schema === 'object' && schema !== null && 'description' in schema ? schema.description : '';
  return String(told);
}
