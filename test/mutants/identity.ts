/** The guards between the users of one server, and of what a forwarded token reaches. */
import type { Mutant } from './list.ts';

const USERS = ['test/hosting/users.test.ts'];
const CALLER = ['test/hosting/caller.test.ts'];
const REACH = ['test/hosting/reach.test.ts'];

const AUDIENCE = ['test/commands/http-users.test.ts'];

export const identity: Mutant[] = [
  {
    guard: 'what is kept belongs to one user',
    edits: [['const kept = keptFor(caller.key);', "const kept = keptFor('everyone');"]],
    files: USERS,
    named: 'of another user|of the user alone|another does not find it|not for another',
  },
  {
    guard: 'a call is signed with the token that came with it',
    edits: [
      [
        '      const own = createHttp({ ...http, credentials: (signal) => caller.credentials(signal) });',
        '      const first = Object.assign(kept, { of: (kept as { of?: Caller }).of ?? caller });\n      const own = createHttp({ ...http, credentials: (signal) => first.of.credentials(signal) });',
      ],
    ],
    files: USERS,
    named: 'two of one user at once|the next call with a renewed one',
  },
  {
    guard: 'users share the locks on targets',
    edits: [['state: { locks, history:', 'state: { locks: createLocks(), history:']],
    files: USERS,
    named: 'a lock on a target is shared',
  },
  {
    guard: 'a user who is calling is not forgotten',
    edits: [['if (running > 0 || (over <= 0 &&', 'if (running > 99 || (over <= 0 &&']],
    files: USERS,
    named: 'those who are calling never',
  },
  {
    guard: 'a key does not leave the folder of journals',
    edits: [['/^\\d{1,30}$/.test(key) ? key :', "key !== '' ? key :"]],
    files: USERS,
    named: 'stays in its folder',
  },
  {
    guard: 'the platform must name the user of the token',
    edits: [['if (owner.id !== named.id)', 'if (owner.id === undefined)']],
    files: CALLER,
    named: 'another user|as from another app|next user of a remembered token',
  },
  {
    guard: 'the platform must name the workspace of the token',
    edits: [['owner.workspace !== undefined && owner.workspace !== named.workspace', 'owner.workspace === undefined']],
    files: CALLER,
    named: 'another workspace',
  },
  {
    guard: 'a refused question about a token is asked again',
    edits: [['if (known.get(key) === entry) known.delete(key);', '']],
    files: CALLER,
    named: 'the next call asks again',
  },
  {
    guard: 'a request beyond the token is not sent',
    edits: [["if (detour !== 'app') throw detour;", "if (detour !== 'app') return own;"]],
    files: REACH,
    named: 'not checked|every call fails without them',
  },
  {
    guard: 'a write that cannot be made as a whole is not begun',
    edits: [['    beyondReach(write, http) ??\n', '']],
    files: REACH,
    named: 'refused for its last step',
  },
  {
    guard: 'a change under the identity of the app is recorded',
    edits: [['    unrecorded(write, context) ??\n', '']],
    files: REACH,
    named: 'nothing would say who asked',
  },
  {
    guard: 'only reads leave under the identity of the app where the operator said so',
    edits: [["(appIdentity === 'reads' && reads)", "appIdentity === 'reads'"]],
    files: [...REACH, 'test/rights/reach.test.ts'],
    named: 'app-identity reads|refused for its last step',
  },
  {
    guard: 'an answer says that a part ran under the identity of the app',
    edits: [["...(detours.includes('app') ? { app_identity: APP } : {}),", '']],
    files: REACH,
    named: 'the answer says so',
  },
  {
    guard: 'writers of one text follow each other',
    edits: [['(line) => lane(() => append(line)),', '(line) => append(line),']],
    files: ['test/hosting/volume-journal.test.ts'],
    named: 'at the same time|any changes at once',
  },
  {
    guard: 'only an App believes what the platform forwards',
    edits: [
      ["const inApp = (env.DATABRICKS_APP_NAME ?? '').trim() !== '';", 'const inApp = Object.keys(env).length > 0;'],
    ],
    files: AUDIENCE,
    named: 'elsewhere, it serves one person|no secret outside of an App',
  },
  {
    guard: 'the identity of the app needs an App',
    edits: [["if (http.appIdentity !== 'off')\n", "if (http.appIdentity !== 'off' && inApp)\n"]],
    files: AUDIENCE,
    named: 'the identity of an app without an App',
  },
  {
    guard: 'the policy holds for the workspace of an App',
    edits: [['  checkHost(policy, host);\n  if (config', '  if (config']],
    files: AUDIENCE,
    named: 'a workspace that the policy does not allow',
  },
];
