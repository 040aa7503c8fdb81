/** Exported commands are run by a shell: a step that fails ends the rest, and an alias moves only once its version serves. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Endpoint } from '../../src/rest/endpoints.ts';
import { models } from '../../src/rest/index.ts';
import { exportSteps } from '../../src/write/export.ts';
import { type ExportStep, plannedRequest } from '../../src/write/planned-write.ts';
import { type Ended, run } from '../codegen/generated.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { aliasVersion, churnEntity, endpoint, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const SWAP = { endpoint: 'churn', version: '3', alias: 'champion' };

async function exported(tool: string, args: Record<string, unknown>, form: 'cli' | 'curl'): Promise<string> {
  const harness = await begin([endpoint('churn', [churnEntity('1')])]);
  const { data } = await harness.call(tool, { ...args, dry_run: form });
  expect(writes(harness)).toEqual([]);
  return data[form];
}

function folderOf(programs: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'export-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/**
 * Runs a script with replacements for curl and the CLI.
 * @param refused part of the command that fails.
 * @param looks what the reading ones print, in turn, the last one for good; `FAIL` fails.
 * @returns which steps were taken: the words `config`, `alias`, `tags` and `look`, in order.
 */
async function play(
  script: string,
  refused: string | undefined,
  looks: string[] = [],
): Promise<Ended & { steps: string[] }> {
  const step = `
case "$*" in *"\${REFUSED:-nothing}"*) refused=yes ;; esac
case "$*" in
  *update-config* | *"-X PUT"*/config*) echo config >> steps ;;
  *set-alias* | *"-X PUT"*/aliases/champion*) echo alias >> steps ;;
  *"serving-endpoints patch"* | *"-X PATCH"*/tags*) echo tags >> steps ;;
  *) echo look >> steps
     read -r now < looks
     [ "$(wc -l < looks)" -le 1 ] || { tail -n +2 looks > rest; mv rest looks; }
     [ "$now" != FAIL ] || exit 22
     printf '%s\\n' "$now" ;;
esac
[ -z "$refused" ] || exit 22
`;
  const folder = folderOf({ curl: step, databricks: step, sleep: 'exit 0\n' });
  writeFileSync(join(folder, 'looks'), looks.map((look) => `${look}\n`).join(''));
  writeFileSync(join(folder, 'steps'), '');
  const env = {
    PATH: `${folder}:${process.env.PATH}`,
    DATABRICKS_HOST: 'https://h.example',
    DATABRICKS_TOKEN: 'T',
    ...(refused === undefined ? {} : { REFUSED: refused }),
  };
  const ended = await run('sh', ['-c', script], folder, env);
  return { ...ended, steps: readFileSync(join(folder, 'steps'), 'utf8').split('\n').filter(Boolean) };
}

/** An endpoint as the service may return it, with any order and any blanks. */
const seen = (update: string, version: string, ready = 'READY') =>
  `{ "config": { "served_entities": [ { "entity_version": "${version}" } ] }, "state": { "config_update": "${update}", "ready" : "${ready}" } }`;
const PENDING = `{"config":{"served_entities":[{"entity_version":"1"}]},"pending_config":{"served_entities":[{"entity_version":"3"}]},"state":{"ready":"READY","config_update":"IN_PROGRESS"}}`;
const FAILED = PENDING.replace('IN_PROGRESS', 'UPDATE_FAILED');
const DONE = seen('NOT_UPDATING', '3');

describe('a swap as curl lines', () => {
  const lines = () => exported('swap_version', SWAP, 'curl');

  it('moves the alias after the version serves', async () => {
    const { code, steps, err } = await play(await lines(), undefined, [PENDING, 'FAIL', PENDING, DONE]);
    expect([code, steps]).toEqual([0, ['config', 'look', 'look', 'look', 'look', 'alias']]);
    expect(err).toContain('Waiting until churn serves version 3, at most 30 minutes.');
  });

  it('goes no further when the config is refused', async () => {
    const { code, steps } = await play(await lines(), '/config', [DONE]);
    expect(code).not.toBe(0);
    expect(steps).toEqual(['config']);
  });

  it.each([
    ['the update failed', FAILED],
    ['the update was cancelled', PENDING.replace('IN_PROGRESS', 'UPDATE_CANCELED')],
    ['the read was stale, or someone cancelled the update', seen('NOT_UPDATING', '1')],
    ['the endpoint is not ready', seen('NOT_UPDATING', '3', 'NOT_READY')],
    [
      'a description contains the words of a state',
      `{"description":"\\"config_update\\":\\"NOT_UPDATING\\"","ready":"READY","entity_version":"3"}`,
    ],
    ['the answer is a page', '<html>log in</html>'],
  ])('leaves the alias when %s', async (_what, now) => {
    const { code, steps, err } = await play(await lines(), undefined, [PENDING, now]);
    expect(code).not.toBe(0);
    expect(steps).toEqual(['config', 'look', 'look']);
    expect(err).toContain('churn does not serve version 3: alias champion was not moved');
  });

  it.each([
    ['an update that does not end', PENDING],
    ['a workspace that does not answer', 'FAIL'],
  ])('gives up on %s', async (_what, now) => {
    const { code, steps } = await play(await lines(), undefined, [now]);
    expect(code).not.toBe(0);
    expect(steps).toEqual(['config', ...Array<string>(60).fill('look')]);
  });
});

describe('steps as commands', () => {
  it('of the CLI: its update-config waits; when that fails the alias stays', async () => {
    const lines = await exported('swap_version', SWAP, 'cli');
    expect(lines).not.toContain('--no-wait');
    expect((await play(lines, undefined)).steps).toEqual(['config', 'alias']);
    const { code, steps } = await play(lines, 'update-config');
    expect(code).not.toBe(0);
    expect(steps).toEqual(['config']);
  });

  it.each([
    ['cli', 'serving-endpoints patch'],
    ['curl', '/tags'],
  ] as const)('of %s: a first step that fails ends the rest', async (form, refused) => {
    const lines = await exported(
      'update_endpoint',
      { endpoint: 'churn', tags: { team: 'x' }, workload_size: 'Small' },
      form,
    );
    expect((await play(lines, undefined)).steps).toEqual(['tags', 'config']);
    const { code, steps } = await play(lines, refused);
    expect(code).not.toBe(0);
    expect(steps).toEqual(['tags']);
  });
});

it.each(['cli', 'bundle', 'curl'] as const)(
  'no %s while the swap runs: only the alias is left to do, and nothing would wait',
  (form) => {
    const state = { ready: 'READY', config_update: 'IN_PROGRESS' };
    const before = Endpoint.parse({ name: 'churn', state, config: { served_entities: [] } });
    const request = plannedRequest(models.setAlias('ml.prod.churn', 'champion', 3));
    const alias = { name: 'champion', version: 3 };
    const move: ExportStep = { what: 'alias', target: 'ml.prod.churn', alias, ...request };
    expect(() => exportSteps(form, [move], { before })).toThrow(/being updated/);
  },
);

it.each(['cli', 'bundle', 'curl'])('no %s that would move the alias without its probe', async (form) => {
  const harness = await begin([endpoint('churn', [churnEntity('1')])]);
  const probed = { ...SWAP, probe: { dataframe_records: [{ x: 1 }] } };
  const { data } = await harness.call('swap_version', { ...probed, dry_run: form });
  expect(data.error.code).toBe('probe_not_exported');
  expect((await harness.call('swap_version', { ...probed, dry_run: true })).data.requests).toHaveLength(2);
  const { alias: _, ...noAlias } = probed;
  expect((await harness.call('swap_version', { ...noAlias, dry_run: form })).data[form]).toContain('churn-3');
});

const hasCurl = spawnSync('curl', ['--version']).status === 0;

describe.skipIf(!hasCurl)('curl lines on the sandbox', () => {
  /** Runs the lines with the real curl; a sleep is so much time of the workspace. */
  async function onSandbox(version: string) {
    const harness = await begin([endpoint('churn', [churnEntity('1')])]);
    const { host, token } = harness.sandbox;
    const { data } = await harness.call('swap_version', { ...SWAP, version, dry_run: 'curl' });
    const sleep = `exec curl -sS -f -o /dev/null -X POST "$DATABRICKS_HOST/sandbox/clock" -H "Authorization: Bearer $DATABRICKS_TOKEN" \\
  -H 'Content-Type: application/json' -d "{\\"advance_minutes\\":$(awk "BEGIN { print $1 / 60 }")}"\n`;
    const folder = folderOf({ sleep });
    const env = { PATH: `${folder}:${process.env.PATH}`, DATABRICKS_HOST: host, DATABRICKS_TOKEN: token };
    return { harness, ended: await run('sh', ['-c', data.curl], folder, env) };
  }

  it('roll out a version and its alias', async () => {
    const { harness, ended } = await onSandbox('3');
    expect([ended.code, await aliasVersion(harness)]).toEqual([0, 3]);
    const { serving } = (await harness.call('get_endpoint', { endpoint: 'churn' })).data;
    expect(serving).toMatchObject([{ entity: 'churn-3' }]);
  });

  it('leave the alias of a version that does not come up', async () => {
    const { harness, ended } = await onSandbox('4');
    expect(ended.code).not.toBe(0);
    expect(ended.err).toContain('alias champion was not moved');
    expect(await aliasVersion(harness)).toBe(1);
  });

  it('stop when the config is refused, and show the words of the service', async () => {
    const harness = await begin([endpoint('churn', [churnEntity('1')])]);
    const { data } = await harness.call('swap_version', { ...SWAP, dry_run: 'curl' });
    const env = {
      PATH: process.env.PATH ?? '',
      DATABRICKS_HOST: harness.sandbox.host,
      DATABRICKS_TOKEN: 'not-a-token',
    };
    const { code, out } = await run('sh', ['-c', data.curl], tmpdir(), env);
    expect(code).not.toBe(0);
    expect(out).toContain('error_code');
    expect(await aliasVersion(harness)).toBe(1);
  });
});
