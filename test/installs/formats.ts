/**
 * What two formats allow of the fields that we write, in our words. Their published schemas come with no npm package. `server.json` has that of
 * 2025-12-11, and a plugin of Cursor the one in its repository of plugins; both accepted our files on 2026-11-27.
 */
const text = { type: 'string', minLength: 1 };
const uri = { type: 'string', format: 'uri' };

const variable = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', pattern: '^[A-Z][A-Z0-9_]*$' },
    description: text,
    format: { enum: ['string', 'number', 'boolean', 'filepath'] },
    default: text,
  },
};

const registryPackage = {
  type: 'object',
  required: ['registryType', 'identifier', 'version', 'transport'],
  additionalProperties: false,
  properties: {
    registryType: { enum: ['npm', 'mcpb'] },
    identifier: text,
    // One version: no range, and not "latest".
    version: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+' },
    runtimeHint: text,
    transport: { const: { type: 'stdio' } },
    fileSha256: { type: 'string', pattern: '^[a-f0-9]{64}$' },
    environmentVariables: { type: 'array', items: variable },
  },
  // The address of a bundle has the word mcp in it, and its hash next to it.
  if: { properties: { registryType: { const: 'mcpb' } } },
  // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
  then: {
    required: ['fileSha256'],
    properties: { identifier: { pattern: '^https://github\\.com/.*/releases/download/.*mcp' } },
  },
};

export const SERVER_SCHEMA = {
  type: 'object',
  required: ['$schema', 'name', 'description', 'version', 'packages'],
  additionalProperties: false,
  properties: {
    $schema: { const: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json' },
    name: { type: 'string', minLength: 3, maxLength: 200, pattern: '^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$' },
    title: { ...text, maxLength: 100 },
    description: { ...text, maxLength: 100 },
    version: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+' },
    websiteUrl: uri,
    repository: {
      type: 'object',
      required: ['url', 'source'],
      additionalProperties: false,
      properties: { url: uri, source: { const: 'github' } },
    },
    packages: { type: 'array', minItems: 1, items: registryPackage },
  },
};

export const PLUGIN_SCHEMA = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$' },
    displayName: text,
    description: text,
    version: text,
    author: {
      type: 'object',
      required: ['name'],
      additionalProperties: false,
      properties: { name: text, email: { type: 'string', pattern: '@' } },
    },
    homepage: uri,
    repository: uri,
    license: text,
    logo: text,
    keywords: { type: 'array', items: text },
    mcpServers: text,
  },
};
