/** Whom the http command serves: the settings decide it, and a wrong setting ends the start instead of opening a door. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { audienceOf } from '../../src/commands/http-users.ts';
import { readConfig } from '../../src/config.ts';
import type { Policy } from '../../src/write/policy.ts';

const WORKSPACE = 'dbc-a1b2c3d4-e5f6.cloud.databricks.com';
const APP = { DATABRICKS_APP_NAME: 'mcp-databricks-serving', DATABRICKS_HOST: WORKSPACE };
const SECRET = { DATABRICKS_SERVING_HTTP_SECRET: 'made-up-secret-of-more-than-32-characters' };

function audience(words: string[], env: Record<string, string>, policy: Policy = {}) {
  const config = readConfig(['http', ...words], env);
  if (!config.http) throw new Error('the command line is not one of http');
  return audienceOf({ config, http: config.http, sandbox: undefined, policy, env });
}
const LATER = new AbortController().signal;

it('in an App, it serves those whose token the platform forwards, and a secret opens nothing', async () => {
  const { identify, behindLogin, workspace, close } = await audience([], { ...APP, ...SECRET });
  expect({ behindLogin, workspace }).toEqual({ behindLogin: true, workspace: `https://${WORKSPACE}` });
  const authorization = `Bearer ${SECRET.DATABRICKS_SERVING_HTTP_SECRET}`;
  await expect(identify({ authorization }, LATER)).rejects.toMatchObject({ status: 401 });
  await close();
});

it('elsewhere, it serves one person, and what the platform would forward opens nothing', async () => {
  const { identify, behindLogin, close } = await audience([`--host=https://${WORKSPACE}`], SECRET);
  expect(behindLogin).toBe(false);
  const forwarded = { 'x-forwarded-access-token': 'made-up', 'x-forwarded-user': '1@2' };
  await expect(identify(forwarded, LATER)).rejects.toMatchObject({ status: 401 });
  const authorization = `Bearer ${SECRET.DATABRICKS_SERVING_HTTP_SECRET}`;
  expect(await identify({ authorization }, LATER)).toMatchObject({ key: 'own' });
  await close();
});

it('two requests of one person share the locks and what was shown, although each has a server of its own', async () => {
  const { identify, users, close } = await audience([`--host=https://${WORKSPACE}`], SECRET);
  const authorization = `Bearer ${SECRET.DATABRICKS_SERVING_HTTP_SECRET}`;
  const caller = await identify({ authorization }, LATER);
  const [one, two] = [users.open(caller), users.open(caller)];
  expect(one.environment.state).toBe(two.environment.state);
  for (const each of [one, two]) each.done();
  await close();
});

it.each<[why: string, words: string[], env: Record<string, string>, message: RegExp, policy?: Policy]>([
  ['no secret outside of an App', [], { DATABRICKS_HOST: WORKSPACE }, /DATABRICKS_SERVING_HTTP_SECRET/],
  [
    'the identity of an app without an App',
    ['--app-identity=all'],
    { ...SECRET, DATABRICKS_HOST: WORKSPACE },
    /is for Databricks Apps/,
  ],
  ['a journal in half of a volume', ['--journal=/Volumes/main/ops'], APP, /is not the path of a volume.*CATALOG/],
  ['a journal in a volume without its slash', ['--journal=Volumes/main/ops/kept'], APP, /is not the path of a volume/],
  ['a journal in the folder of the App', ['--journal=kept'], APP, /does not begin at the root/],
  ['a journal of all users in one file', [`--journal=${import.meta.filename}`], APP, /is not a folder/],
  ['an App without its workspace', [], { DATABRICKS_APP_NAME: 'mcp-x' }, /DATABRICKS_HOST/],
  [
    'a workspace that the policy does not allow',
    [],
    APP,
    /is not allowed/,
    { hosts: ['https://other.cloud.databricks.com'] },
  ],
])('%s ends the start', async (_why, words, env, message, policy) => {
  await expect(audience(words, env, policy)).rejects.toThrow(message);
});

it.each(['/Volumes/main/ops/kept', import.meta.dirname, join(import.meta.dirname, 'new')])(
  'a journal in the folder %s is taken',
  async (folder) => {
    const { recorded, close } = await audience([`--journal=${folder}`], APP);
    expect(recorded).toBe(true);
    await close();
  },
);

it('an unknown use of the identity of the app is refused by name', () => {
  expect(() => readConfig(['http', '--app-identity=write'], {})).toThrow(/off, reads, all/);
});
