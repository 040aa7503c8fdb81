/** The way to the workspace and what answers there. Each check uses what the earlier ones found. */
import type { Configuration } from '../auth/configuration.ts';
import { loginCommand } from '../auth/databricks-cli.ts';
import { AuthError } from '../auth/errors.ts';
import { type AuthEnvironment, type AuthOptions, type Credentials, createAuth } from '../auth/index.ts';
import { parseObject } from '../auth/json.ts';
import { proxyFor } from '../connection/proxy.ts';
import { type Member, myself } from '../rest/directory.ts';
import { saysTokenExpired } from '../rest/effect.ts';
import { ApiError } from '../rest/errors.ts';
import { createHttp, type Http } from '../rest/http.ts';
import { type CheckName, type Finding, failed, needs, ok, warning } from './check.ts';
import { checkClock } from './clock-skew.ts';
import { explain } from './explain.ts';
import { type Budget, inSeconds, TooLate } from './limit.ts';
import { ReachError, type Reached, reach } from './reach.ts';
import { checkCatalog, checkCreate, checkList, describeIdentity } from './rights.ts';
import { checkProxy } from './way.ts';

export type Findings = Map<CheckName, Finding>;

export interface WorkspaceEnvironment extends AuthEnvironment {
  budget: Budget;
  userAgent: string;
  random: () => number;
  /** What was probably meant by a host that does not exist. */
  nearHost(origin: string): Promise<string | undefined>;
}

/** All checks that need a workspace. @param configuration without a host only if the login can find one. */
export async function checkWorkspace(
  options: AuthOptions,
  configuration: Configuration,
  environment: WorkspaceEnvironment,
): Promise<Findings> {
  const findings: Findings = new Map();
  const login = await hostOf(options, configuration, environment);
  if ('finding' in login) return findings.set('configuration', login.finding);
  const origin = new URL(login.host);
  const { proxy, finding } = checkProxy(origin, environment.env);
  findings.set('proxy', finding);
  if (finding.status === 'failed') return findings.set('host', needs('proxy'));

  let reached: Reached;
  try {
    reached = await reach(origin, proxy, environment);
  } catch (error) {
    return findings.set('host', await unreached(error, origin, environment));
  }
  findings.set('host', describeHost(origin, reached)).set('clock', checkClock(origin, reached.clock));
  const skew = reached.clock && origin.protocol === 'https:' ? reached.clock.theirs - reached.clock.ours : 0;
  await checkAccess(options, configuration, login.credentials, environment, findings, { origin, skew });
  return findings;
}

/** The host, from the configuration or from the login. */
async function hostOf(
  options: AuthOptions,
  configuration: Configuration,
  environment: WorkspaceEnvironment,
): Promise<{ host: string; credentials?: Credentials } | { finding: Finding }> {
  const { host } = configuration;
  if (host !== undefined) return { host };
  try {
    const credentials = await logIn(options, configuration, environment);
    return { host: credentials.host, credentials };
  } catch (error) {
    const { says, remedy } = explain(error, 'the login');
    return { finding: failed(says, remedy) };
  }
}

/** @throws AuthError */
async function logIn(
  options: AuthOptions,
  configuration: Configuration,
  environment: WorkspaceEnvironment,
): Promise<Credentials> {
  try {
    return await environment.budget.within('login', (signal) => createAuth(options, environment).resolve(signal));
  } catch (error) {
    if (!(error instanceof TooLate)) throw error;
    const next = `Check the network and the VPN. If the Databricks CLI logs you in, run: ${loginCommand(configuration)}`;
    throw new AuthError('command_failed', `the login did not end within ${inSeconds(error.ms)} s`, next);
  }
}

async function unreached(error: unknown, origin: URL, { nearHost }: WorkspaceEnvironment): Promise<Finding> {
  const { steps, cause } = error instanceof ReachError ? error : { steps: [], cause: error };
  const { says, remedy } = explain(cause, origin.origin);
  const sofar = steps.length > 0 ? ` (so far: it ${steps.join(', ')})` : '';
  const near = await nearHost(origin.origin);
  return failed(says + sofar, near === undefined ? remedy : `Did you mean ${near}? ${remedy}`);
}

/** A host without a login: whether it describes itself as Databricks. Only an authenticated read can prove a workspace. */
function describeHost(origin: URL, { steps, status, location, contentType, body }: Reached): Finding {
  const way = `${origin.origin} ${steps.join(', ')}`;
  const page = status === 200 ? parseObject(body) : undefined;
  if (page?.oidc_endpoint !== undefined || page?.account_id !== undefined)
    return ok(`${way}, and describes itself as a Databricks host`);
  if (status >= 300 && status < 400)
    return warning(
      `${way}, and redirects to ${targetOf(location, origin)}, perhaps for a login in a browser`,
      'Check that the host is the address of the workspace. If a company login protects it, this machine needs the VPN or a direct way.',
    );
  if (/text\/html/i.test(contentType) || /^\s*<(?:!doctype|html)/i.test(body))
    return warning(
      `${way}, and answers with a web page (${status}) where a workspace describes itself`,
      'Check that the host is the address of the workspace. Older workspaces have no such description.',
    );
  return ok(`${way}, and answers (${status})`);
}

/** Without path and query, which can contain a token. */
function targetOf(location: string | undefined, origin: URL): string {
  return location !== undefined && URL.canParse(location, origin.origin)
    ? new URL(location, origin.origin).origin
    : 'another address';
}

async function checkAccess(
  options: AuthOptions,
  configuration: Configuration,
  already: Credentials | undefined,
  environment: WorkspaceEnvironment,
  findings: Findings,
  { origin, skew }: { origin: URL; skew: number },
): Promise<void> {
  let credentials: Credentials;
  try {
    credentials = already ?? (await logIn(options, configuration, environment));
  } catch (error) {
    const { says, remedy } = explain(error, 'the login');
    findings.set('identity', failed(says, remedy));
    return;
  }
  const http = openHttp(credentials, environment);
  try {
    const member = await identify(http, credentials, environment, findings, { origin, skew });
    if (findings.get('host')?.status === 'failed' || member === 'refused') return;
    const within = (work: (bound: Http) => Promise<Finding>) => inTime(environment.budget, http, work);
    const [list, create, catalog] = await Promise.all([
      within(checkList),
      member ? within((bound) => checkCreate(bound, member)) : needs('identity'),
      within(checkCatalog),
    ]);
    // A refusal of the identity itself, such as an IP access list, answers every route with the same words.
    const same = (finding: Finding) =>
      finding.remedy !== undefined && finding.remedy === findings.get('identity')?.remedy;
    findings.set('may_list', same(list) ? needs('identity') : list);
    findings.set('may_create', create);
    findings.set('unity_catalog', same(catalog) ? needs('identity') : catalog);
  } finally {
    await http.close();
  }
}

/** The caller, from the directory. `refused`: nothing else can work. Undefined: only the directory does not answer. */
async function identify(
  http: Http,
  credentials: Credentials,
  { budget, now }: WorkspaceEnvironment,
  findings: Findings,
  { origin, skew }: { origin: URL; skew: number },
): Promise<Member | 'refused' | undefined> {
  try {
    const member = await budget.within('answer', (signal) => myself(bind(http, signal, budget)));
    const known = findings.get('host');
    // The answer proves what the page of the host left open.
    if (known?.status === 'warning')
      findings.set('host', ok(known.says.replace(/, and (?:redirects|answers) .*/, ', and answers as a workspace')));
    findings.set('identity', await describeIdentity(member, credentials, now() + skew));
    return member;
  } catch (error) {
    const { says, remedy } = explain(error, 'the workspace did not say who this is');
    if (isOtherHost(error)) {
      const { says: what } = explain(error, origin.origin);
      findings.set('host', failed(what, remedy));
      return undefined;
    }
    findings.set('identity', failed(says, remedy));
    // Only a refusal in the service's own form shows that other routes may answer.
    return error instanceof ApiError && !saysTokenExpired(error) ? undefined : 'refused';
  }
}

/** A login page or a redirect instead of an answer: the host is no workspace, or something stands between. */
function isOtherHost(error: unknown): boolean {
  return error instanceof ApiError && /^(?:HTML_PAGE|REDIRECT|PRIVATE_LINK_VALIDATION_ERROR)$/.test(error.code);
}

async function inTime(budget: Budget, http: Http, work: (bound: Http) => Promise<Finding>): Promise<Finding> {
  try {
    return await budget.within('answer', (signal) => work(bind(http, signal, budget)));
  } catch (error) {
    const { says, remedy } = explain(error, 'the workspace');
    return failed(says, remedy);
  }
}

/** A connection that can only read, and asks once: the report says what happens now. */
function bind(http: Http, signal: AbortSignal, { limits }: Budget): Http {
  const bound = http.bind({ signal, access: 'read' });
  return {
    ...bound,
    json: (method, path, given) => bound.json(method, path, { ...given, noRetry: true, timeoutMs: limits.answer }),
  };
}

function openHttp(credentials: Credentials, { env, now, random, userAgent }: WorkspaceEnvironment): Http {
  return createHttp({
    credentials: async () => credentials,
    now,
    random,
    sleep: () => Promise.resolve(),
    userAgent,
    proxy: (to) => proxyFor(to, env),
    log: () => {},
  });
}
