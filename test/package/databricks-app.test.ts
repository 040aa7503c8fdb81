/** The folder of the Databricks App: a bundle that the CLI takes, and a start that the platform can make. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesOf } from '../../src/package/bundle.ts';
import { APP_NAME, appFiles } from '../../src/package/databricks-app.ts';
import { PRODUCT } from '../../src/package/product.ts';
import { stageApp } from '../../src/package/stage.ts';
import { readYaml } from '../support/yaml.ts';

/**
 * What a bundle may say of an App, as far as we use it, in our words. The schema of the Databricks CLI of 2026-08-21 has no other field of these
 * names, and accepted our file on 2026-11-28.
 */
const text = { type: 'string', minLength: 1 };
const BUNDLE = {
  type: 'object',
  required: ['bundle', 'resources'],
  additionalProperties: false,
  properties: {
    bundle: { type: 'object', required: ['name'], additionalProperties: false, properties: { name: text } },
    sync: {
      type: 'object',
      additionalProperties: false,
      properties: { include: { type: 'array', items: text }, exclude: { type: 'array', items: text } },
    },
    resources: {
      type: 'object',
      additionalProperties: false,
      properties: {
        apps: {
          type: 'object',
          additionalProperties: {
            type: 'object',
            required: ['name'],
            additionalProperties: false,
            properties: {
              name: { type: 'string', pattern: '^[a-z0-9-]+$' },
              description: text,
              source_code_path: text,
              user_api_scopes: { type: 'array', items: text },
              permissions: { type: 'array' },
            },
          },
        },
      },
    },
  },
};

const files = appFiles(PRODUCT);
const read = (name: string) => readYaml(files[name] ?? '');

describe('the bundle', () => {
  it('has the form that the CLI takes', () => {
    const validate = new Ajv({ allErrors: true }).compile(BUNDLE);
    validate(read('databricks.yml'));
    expect(validate.errors).toBeNull();
  });

  it('has one app, with a name that makes Databricks list it, and the scopes that a call needs', () => {
    const { resources } = read('databricks.yml') as { resources: { apps: Record<string, object> } };
    expect(Object.values(resources.apps)).toEqual([
      {
        name: APP_NAME,
        description: PRODUCT.title,
        source_code_path: './',
        user_api_scopes: ['model-serving', 'sql', 'ai-gateway'],
      },
    ]);
    expect(APP_NAME).toMatch(/^mcp-/);
  });

  it('names the old scope for a workspace that refuses the new one, and no scope that an app cannot get', () => {
    expect(files['databricks.yml']).toContain('# For a workspace that refuses the first name, write its old one:');
    expect(files['databricks.yml']).toContain('serving.serving-endpoints');
    expect(files['databricks.yml']).not.toMatch(/unity-catalog|all-apis/);
  });
});

it('the platform starts the built program over HTTP, and a switch of the App says whether it may change anything', () => {
  expect(read('app.yaml')).toEqual({
    command: ['node', PRODUCT.entry, 'http'],
    env: [{ name: 'DATABRICKS_SERVING_READ_ONLY', value: 'false' }],
  });
});

it('there is nothing to install or to build', () => {
  const metadata = JSON.parse(files['package.json'] ?? '');
  expect(metadata).toMatchObject({ version: PRODUCT.version, private: true, type: 'module' });
  expect(Object.keys(metadata)).not.toEqual(expect.arrayContaining([expect.stringMatching(/dependencies/i)]));
  expect(Object.keys(metadata.scripts)).toEqual(['start']);
});

describe('the folder', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'app-folder-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('holds its own files, the built program and the license, and nothing of an earlier version', () => {
    const from = join(root, 'package');
    mkdirSync(join(from, 'dist'), { recursive: true });
    writeFileSync(join(from, 'dist', 'server.mjs'), '');
    for (const name of ['LICENSE', 'README.md', 'package.json']) writeFileSync(join(from, name), name);
    const folder = join(root, 'app');
    mkdirSync(folder);
    writeFileSync(join(folder, 'old.txt'), '');
    stageApp({ folder, from, files });
    expect(filesOf(folder)).toEqual([...Object.keys(files), 'LICENSE', 'dist/server.mjs'].sort());
    expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe(files['package.json']);
  });

  it('is uploaded whole from a repository that ignores it', () => {
    const { sync } = read('databricks.yml') as { sync: { include: string[] } };
    const uploaded = ['app.yaml', 'package.json', 'dist/server.mjs'];
    for (const path of uploaded) {
      const covers = (pattern: string) =>
        pattern === path || (pattern.endsWith('/**') && path.startsWith(pattern.slice(0, -2)));
      expect(sync.include.some(covers), path).toBe(true);
    }
  });
});
