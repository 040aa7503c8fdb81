/** Whom the server over HTTP serves, and what it keeps for each of them: one person under the login of this process, or the users of a Databricks App. */
import { readVariable } from '../auth/attributes.ts';
import { parseHost } from '../auth/host.ts';
import type { HttpConfig } from '../command-options.ts';
import type { Config } from '../config.ts';
import { proxyFor } from '../connection/proxy.ts';
import { forwardedCaller, type Identify } from '../hosting/caller.ts';
import { isInVolume, journalsIn } from '../hosting/journals.ts';
import { tokenOwner } from '../hosting/token-owner.ts';
import { createUsers, type Users } from '../hosting/users.ts';
import { createHttp } from '../rest/http.ts';
import { createLine } from '../rest/line.ts';
import { forwardedReach, type Reach } from '../rights/reach.ts';
import { sanitize } from '../text/sanitize.ts';
import type { Policy } from '../write/policy.ts';
import { identityOf } from './http-identity.ts';
import { checkJournalFolder } from './journal-folder.ts';
import { openJournal } from './own-journal.ts';
import type { OwnSandbox } from './own-sandbox.ts';
import { home, log, sleep, USER_AGENT } from './this-process.ts';
import { connection, workspaceOf } from './workspace.ts';

export interface Audience {
  identify: Identify;
  users: Users;
  /** What their tokens reach. Undefined: all that their rights allow. */
  reach: Reach | undefined;
  /** Where changes are recorded, for the instructions. Undefined: as over stdio. */
  journal: string | undefined;
  /** Whether changes are recorded. */
  recorded: boolean;
  /** The origin of the workspace, whose pages may call. */
  workspace: string | undefined;
  /** The platform's login protects this server. */
  behindLogin: boolean;
  close(): Promise<void>;
}

interface Given {
  config: Config;
  http: HttpConfig;
  sandbox: OwnSandbox | undefined;
  policy: Policy;
  env: Record<string, string | undefined>;
}

const CLOCK = { now: Date.now, random: Math.random, sleep, userAgent: USER_AGENT, log };

/** @throws Error for the user. */
export async function audienceOf(given: Given): Promise<Audience> {
  const { sandbox, env, http } = given;
  const inApp = (env.DATABRICKS_APP_NAME ?? '').trim() !== '';
  if (inApp && sandbox === undefined) return usersOfApp(given);
  if (http.appIdentity !== 'off')
    throw new Error('--app-identity is for Databricks Apps, where DATABRICKS_APP_NAME is set');
  return { ...onePerson(given), behindLogin: inApp };
}

/** Everything runs under the login of this process. */
function onePerson({ config, sandbox, policy, env }: Given): Omit<Audience, 'behindLogin'> {
  const own = connection(config, sandbox, policy);
  const line = createLine({ now: Date.now, proxy: (origin) => proxyFor(origin, process.env) });
  const journal = config.noJournal ? undefined : openJournal(config, own.time);
  return {
    identify: identityOf(env, sandbox === undefined, () => own.signer()),
    users: createUsers({
      http: { ...CLOCK, line },
      journals: journal && (() => ({ under: () => journal, file: journal.path })),
      reach: undefined,
    }),
    reach: undefined,
    journal: undefined,
    recorded: journal !== undefined,
    workspace: sandbox ? undefined : workspaceOf(config),
    close: async () => void (await Promise.allSettled([own.close(), line.close()])),
  };
}

/** Each call runs under the token that came with it. */
async function usersOfApp({ config, http, policy, env }: Given): Promise<Audience> {
  const named = config.host ?? readVariable(env, 'DATABRICKS_HOST');
  if (named === undefined) throw new Error('DATABRICKS_HOST does not name the workspace of this app');
  const host = parseHost(named).origin;
  const [{ createAuth }, { checkHost }] = await Promise.all([import('../auth/index.ts'), import('../write/policy.ts')]);
  checkHost(policy, host);
  if (config.journalFile !== undefined) await checkJournalFolder(config.journalFile);
  const line = createLine({ now: Date.now, proxy: (origin) => proxyFor(origin, process.env) });
  const environment = { ...CLOCK, line };
  const reach = forwardedReach(http.appIdentity);
  const app =
    http.appIdentity === 'off'
      ? undefined
      : createAuth({ host, authType: 'oauth-m2m' }, { env, homeDir: home(), now: Date.now });
  const journals =
    config.journalFile === undefined
      ? undefined
      : journalsIn(config.journalFile, {
          now: Date.now,
          random: Math.random,
          sanitize,
          serviceTime: () => line.clock.time(),
        });
  return {
    identify: forwardedCaller({ host, now: Date.now, ownerOf: (token) => tokenOwner(token, host, environment) }),
    users: createUsers({
      http: environment,
      journals,
      reach,
      app: app && createHttp({ ...environment, credentials: (signal) => app.resolve(signal) }),
    }),
    reach,
    journal: journalText(config.journalFile),
    recorded: journals !== undefined,
    workspace: host,
    behindLogin: true,
    close: () => line.close(),
  };
}

function journalText(place: string | undefined): string {
  if (place === undefined)
    return 'off. Changes are not recorded: list_changes has none, and an undo is in the answer of its change alone.';
  if (isInVolume(place)) return 'a file for each user, in a volume.';
  return 'a file for each user, on a disk that a restart of the app empties.';
}
