/** The folder that runs this server as a Databricks App: a bundle with one App, and what the App starts. */
import { block } from '../text/yaml-block.ts';
import type { Product } from './product.ts';

/** Databricks shows only Apps with this beginning as MCP servers. */
export const APP_NAME = 'mcp-databricks-serving';
/** In the folder of the packages. */
export const APP_FOLDER = `${APP_NAME}-app`;

/** What the token of a user must open. Model Serving has an older name for the first. */
const SCOPES = ['model-serving', 'sql', 'ai-gateway'];

/** The files of the App besides `dist/`, by path. */
export function appFiles(product: Product): Record<string, string> {
  return { 'databricks.yml': bundle(product), 'app.yaml': start(product), 'package.json': metadata(product) };
}

/** It has no health check: bundles have no field for one, and it belongs to a deployment. The documents have the command. */
function bundle({ title, version }: Product): string {
  return [
    `# ${title} ${version} as a Databricks App, for the Databricks CLI:`,
    '#   databricks bundle deploy',
    '#   databricks bundle run mcp_databricks_serving',
    block({ bundle: { name: APP_NAME } }, 0),
    '',
    '# This folder can lie in a repository that ignores it. The bundle would then leave these files out.',
    block({ sync: { include: ['app.yaml', 'package.json', 'dist/**'] } }, 0),
    '',
    'resources:',
    '  apps:',
    '    mcp_databricks_serving:',
    '      # Keep mcp- at the beginning: without it, the Playground and Genie Code do not list the App.',
    block({ name: APP_NAME, description: title, source_code_path: './' }, 3),
    '      # Each call runs with the token of the user who makes it, and these are what that token opens.',
    '      # For a workspace that refuses the first name, write its old one: serving.serving-endpoints',
    block({ user_api_scopes: SCOPES }, 3),
    '      # Who may use the App. Everyone still needs rights of their own on each endpoint.',
    '      # permissions:',
    '      #   - group_name: "ml-engineers"',
    '      #     level: "CAN_USE"',
    '',
  ].join('\n');
}

function start({ entry }: Product): string {
  return [
    block({ command: ['node', entry, 'http'] }, 0),
    'env:',
    '  # "true" offers only tools that change nothing.',
    block([{ name: 'DATABRICKS_SERVING_READ_ONLY', value: 'false' }], 1),
    '',
  ].join('\n');
}

/** The platform installs what this file asks for, which is nothing. */
function metadata({ name, version, license, node, entry }: Product): string {
  const fields = {
    name,
    version,
    private: true,
    license,
    type: 'module',
    engines: { node },
    scripts: { start: `node ${entry} http` },
  };
  return `${JSON.stringify(fields, null, 2)}\n`;
}
