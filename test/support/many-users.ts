/** Many users of one server, as the HTTP entry runs their calls: the sandbox over HTTP, a forwarded token with each call. */
import type { IncomingHttpHeaders } from 'node:http';
import { callsOf } from '../../src/calls/call-tool.ts';
import { forwardedCaller, type Identify } from '../../src/hosting/caller.ts';
import type { Journals } from '../../src/hosting/journals.ts';
import { tokenOwner } from '../../src/hosting/token-owner.ts';
import { createUsers, type Users } from '../../src/hosting/users.ts';
import type { ToolResult } from '../../src/refusal.ts';
import { createLine } from '../../src/rest/line.ts';
import { type AppIdentity, forwardedReach } from '../../src/rights/reach.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { tools } from '../../tools/index.ts';
import { appHttp } from './forwarded.ts';

export interface ManyUsers {
  sandbox: Sandbox;
  users: Users;
  identify: Identify;
  logs: string[];
  /** The headers that the platform adds for a user. @param scopes those of the token. Default: the declared ones. */
  headers(user: string, scopes?: readonly string[]): IncomingHttpHeaders;
  /** One call, as a request of its own. @param headers default: with a new token. */
  call(user: string, tool: string, args?: Record<string, unknown>, headers?: IncomingHttpHeaders): Promise<ToolResult>;
  close(): Promise<void>;
}

export interface ManyUsersOptions {
  seed: unknown;
  /** Default: nothing is recorded. */
  journals?: (environment: { now: () => number; random: () => number }) => Journals;
  appIdentity?: AppIdentity;
  app?: { id: string; secret: string };
  most?: number;
  idle?: number;
}

export async function startManyUsers(options: ManyUsersOptions): Promise<ManyUsers> {
  const sandbox = await startSandbox({ clock: { kind: 'manual' }, seed: options.seed });
  const logs: string[] = [];
  const { now } = sandbox.clock;
  const line = createLine({ now });
  const environment = {
    now,
    random: Math.random,
    sleep: async (ms: number) => sandbox.clock.advance(ms),
    userAgent: 'test/0.0.0',
    log: (text: string) => void logs.push(text),
    line,
  };
  const app = options.app && appHttp(sandbox, options.app, environment);
  const users = createUsers({
    http: environment,
    journals: options.journals?.(environment),
    reach: forwardedReach(options.appIdentity ?? 'off'),
    app,
    ...(options.most === undefined ? {} : { most: options.most }),
    ...(options.idle === undefined ? {} : { idle: options.idle }),
  });
  const identify = forwardedCaller({
    host: sandbox.host,
    now,
    ownerOf: (token) => tokenOwner(token, sandbox.host, environment),
  });
  const known = new Map<string, string>();
  for (const name of namesIn(options.seed)) {
    const answer = await fetch(`${sandbox.host}/api/2.0/preview/scim/v2/Me`, {
      headers: { authorization: `Bearer ${sandbox.tokenOf(name)}` },
    });
    const { id } = (await answer.json()) as { id: string };
    known.set(name, `${id}@${answer.headers.get('x-databricks-org-id')}`);
  }
  sandbox.requests.length = 0;

  const headers: ManyUsers['headers'] = (user, scopes) => ({
    'x-forwarded-access-token': sandbox.forwardedTokenOf(user, scopes),
    'x-forwarded-user': known.get(user),
  });
  return {
    sandbox,
    users,
    identify,
    logs,
    headers,
    async call(user, tool, args = {}, sent = headers(user)) {
      const { signal } = new AbortController();
      const { environment: own, done } = users.open(await identify(sent, signal));
      try {
        const calls = callsOf({
          ...own,
          tools,
          readOnly: false,
          noQuery: false,
          toolsets: undefined,
          policy: {},
          now,
          random: environment.random,
          sleep: environment.sleep,
          log: environment.log,
        });
        return await calls.call(tool, args, { signal, progress: () => {}, ask: undefined });
      } finally {
        done();
      }
    },
    async close() {
      await app?.close();
      await line.close();
      await sandbox.close();
    },
  };
}

function namesIn(seed: unknown): string[] {
  const { users = [] } = seed as { users?: { user_name: string }[] };
  return users.map(({ user_name }) => user_name);
}
