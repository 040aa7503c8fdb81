/**
 * The files that make one folder a package of several clients. The folder is the npm package, the content of the MCPB bundle, the plugin of Claude
 * Code and Cursor, and the extension of Gemini CLI: each client reads its own manifest and ignores the others.
 */
import type { Product, Setting } from './product.ts';
import { missing, ownerOf, type Publisher } from './publisher.ts';

/** An object of JSON. An undefined field is left out of the file. */
type Json = Record<string, unknown>;

const ICON = 'icon.png';

/** The manifests, by path from the root of the folder. */
export function manifests(product: Product, publisher: Publisher): Record<string, Json> {
  return {
    'package.json': npmPackage(product, publisher),
    'manifest.json': mcpb(product, publisher),
    '.claude-plugin/plugin.json': claudePlugin(product, publisher),
    '.claude-plugin/marketplace.json': claudeMarketplace(product, publisher),
    '.cursor-plugin/plugin.json': cursorPlugin(product, publisher),
    [CURSOR_SERVERS]: cursorServers(product),
    'gemini-extension.json': geminiExtension(product),
  };
}

/** Name of the server in the MCP registry. The registry proves it by the same name in the npm package. */
export function registryName(product: Product, repository: string): string {
  return `io.github.${ownerOf(repository)}/${product.name}`;
}

/** The addresses that follow from the repository. Empty without one. */
function addresses({ repository }: Publisher): { homepage?: string; issues?: string } {
  return repository === null ? {} : { homepage: `${repository}#readme`, issues: `${repository}/issues` };
}

function npmPackage(product: Product, publisher: Publisher): Json {
  const { homepage, issues } = addresses(publisher);
  const { npmPackage, repository, author } = publisher;
  return {
    name: npmPackage ?? product.name,
    version: product.version,
    // npm refuses to publish a private package, and still packs and installs it.
    private: missing(publisher).length > 0 ? true : undefined,
    description: product.description,
    keywords: product.keywords,
    license: product.license,
    author: author ?? undefined,
    homepage,
    repository: repository === null ? undefined : { type: 'git', url: `git+${repository}.git` },
    bugs: issues && { url: issues },
    // npm's default for a scoped name is a private package.
    publishConfig: npmPackage?.startsWith('@') ? { access: 'public' } : undefined,
    mcpName: repository === null ? undefined : registryName(product, repository),
    type: 'module',
    engines: { node: product.node },
    bin: { [product.name]: product.entry },
  };
}

/** Claude Desktop fills in the settings. It passes a switch on as the word true or false, and can pass an empty text setting on as its placeholder. */
function mcpb(product: Product, publisher: Publisher): Json {
  const { homepage, issues } = addresses(publisher);
  return {
    manifest_version: '0.3',
    name: product.name,
    display_name: product.title,
    version: product.version,
    description: product.summary,
    long_description: product.description,
    author: authorOf(product, publisher),
    repository: publisher.repository === null ? undefined : { type: 'git', url: publisher.repository },
    homepage,
    documentation: homepage,
    support: issues,
    icon: ICON,
    server: {
      type: 'node',
      entry_point: product.entry,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the client replaces it
      mcp_config: start(product, '${__dirname}', ({ key }) => `\${user_config.${key}}`),
    },
    tools: product.tools,
    prompts_generated: true,
    keywords: product.keywords,
    license: product.license,
    privacy_policies: product.privacyPolicies,
    compatibility: { platforms: ['darwin', 'win32', 'linux'], runtimes: { node: product.node } },
    user_config: Object.fromEntries(
      product.settings.map(({ key, type, title, description, default: standard }) => [
        key,
        { type, title, description, required: false, default: standard },
      ]),
    ),
  };
}

function claudePlugin(product: Product, publisher: Publisher): Json {
  return {
    name: product.name,
    displayName: product.title,
    version: product.version,
    description: product.description,
    author: authorOf(product, publisher),
    homepage: addresses(publisher).homepage,
    repository: publisher.repository ?? undefined,
    license: product.license,
    keywords: product.keywords,
    icon: `./${ICON}`,
    userConfig: Object.fromEntries(
      product.settings.map(({ key, type, title, description, default: standard }) => [
        key,
        { type, title, description, default: standard },
      ]),
    ),
    mcpServers: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the client replaces it
      [product.server]: start(product, '${CLAUDE_PLUGIN_ROOT}', ({ key }) => `\${user_config.${key}}`),
    },
  };
}

/** With it, the folder can be added as a marketplace of one plugin. */
function claudeMarketplace(product: Product, publisher: Publisher): Json {
  const { name, email } = authorOf(product, publisher);
  return {
    name: product.name,
    description: product.summary,
    owner: { name, email },
    plugins: [{ name: product.name, source: './', description: product.summary }],
  };
}

/** Not `mcp.json` at the root, which Cursor reads in a plugin that names no other file. */
const CURSOR_SERVERS = '.cursor-plugin/mcp.json';

function cursorPlugin(product: Product, publisher: Publisher): Json {
  const { name, email } = authorOf(product, publisher);
  return {
    name: product.name,
    displayName: product.title,
    version: product.version,
    description: product.description,
    author: { name, email },
    homepage: addresses(publisher).homepage,
    repository: publisher.repository ?? undefined,
    license: product.license,
    keywords: product.keywords,
    logo: ICON,
    mcpServers: `./${CURSOR_SERVERS}`,
  };
}

/** Cursor documents no form for the settings of a plugin. So this one is read-only, and takes its profile from the environment. */
function cursorServers(product: Product): Json {
  return {
    mcpServers: {
      [product.server]: {
        command: 'node',
        args: [`\${CURSOR_PLUGIN_ROOT}/${product.entry}`, '--read-only'],
      },
    },
  };
}

/** Gemini CLI asks for the settings at the installation, and passes a skipped one on as an empty text. */
function geminiExtension(product: Product): Json {
  return {
    name: product.name,
    version: product.version,
    description: product.summary,
    mcpServers: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the client replaces it
      [product.server]: start(product, '${extensionPath}', ({ variable }) => `\${${variable}}`),
    },
    settings: product.settings.map(({ title, description, variable, type }) => ({
      name: title,
      description: type === 'boolean' ? `${description} true or false.` : description,
      envVar: variable,
    })),
  };
}

function authorOf(product: Product, { author }: Publisher) {
  return author ?? { name: product.contributors };
}

/** The command that starts the server. @param filled the placeholder that the client replaces by a setting. */
function start(product: Product, folder: string, filled: (setting: Setting) => string): Json {
  const { settings, entry } = product;
  return {
    command: 'node',
    args: [
      `${folder}/${entry}`,
      ...settings.flatMap((setting) => (setting.option ? [`${setting.option}=${filled(setting)}`] : [])),
    ],
    env: Object.fromEntries(
      settings.flatMap((setting) => (setting.option ? [] : [[setting.variable, filled(setting)]])),
    ),
  };
}
