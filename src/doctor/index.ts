/** `doctor`: what works on this machine and in the workspace, and what to do about the rest. It changes nothing. */
import { existsSync } from 'node:fs';
import { readFile as readFileOf } from 'node:fs/promises';
import { dirname } from 'node:path';
import { chooseProfile, type ProfileFile, profileNames, profilePath } from '../auth/profile.ts';
import { runProgram } from '../auth/run.ts';
import type { AuthOptions } from '../auth/types.ts';
import { machine } from '../install/machine.ts';
import { journalPath } from '../journal/journal.ts';
import { checkRegular } from '../journal/regular-file.ts';
import { errorMessage } from '../text/error-message.ts';
import { CHECKS, type Check, type CheckName, type Finding, failed, needs, ok } from './check.ts';
import { type ClientsEnvironment, checkClients } from './clients.ts';
import { explainLocal } from './explain.ts';
import { allowsHost, checkJournal, checkPolicyFile, type Disk, disk, type PolicyChoice } from './files.ts';
import { type Budget, createBudget, LIMITS, type Limits } from './limit.ts';
import { checkNode, checkServer, type Narrowed, type Program } from './program.ts';
import { asJson, asText, type Report } from './report.ts';
import { createScrub, knownSecrets, type Place } from './secrets.ts';
import { checkSettings, nearHost, readProfiles, type Settings, type SettingsEnvironment } from './settings.ts';
import { checkCertificates } from './way.ts';
import { checkWorkspace, type Findings } from './workspace.ts';

/** The part of the command line that the doctor uses. */
export interface DoctorOptions extends Narrowed {
  profile: string | undefined;
  host: string | undefined;
  authType: string | undefined;
  configFile: string | undefined;
  policyFile: string | undefined;
  journalFile: string | undefined;
  noJournal: boolean;
}

/** Everything from outside. `main.ts` passes the real things. */
export interface DoctorEnvironment {
  program: Program;
  /** Version of the running Node, without a `v`. */
  node: string;
  env: Record<string, string | undefined>;
  platform: string;
  homeDir: string;
  /** The folder of the command line, whose project may configure clients. */
  cwd: string;
  /** Epoch milliseconds. */
  now: () => number;
  random: () => number;
  userAgent: string;
  /** The workspace of `--sandbox`, which runs already. */
  sandbox?: { host: string; token: string } | undefined;
  /** Loads a sandbox from a seed file as the server does, and closes it. Rejects with what the server would say. */
  trySeed(path: string): Promise<void>;
  limits?: Partial<Limits>;
  disk?: Disk;
}

/** Examines everything. Never throws: a check that fails in an unknown way says so. */
export async function examine(options: DoctorOptions, environment: DoctorEnvironment): Promise<Report> {
  const { program, node, env, homeDir, now, sandbox } = environment;
  const budget = createBudget({ ...LIMITS, ...environment.limits }, now);
  const settingsEnvironment: SettingsEnvironment = { env, homeDir, readFile };
  const authOptions: AuthOptions = sandbox
    ? { host: sandbox.host, token: sandbox.token, authType: 'pat' }
    : { profile: options.profile, host: options.host, authType: options.authType, configFile: options.configFile };

  const local = <T>(work: () => Promise<T>, otherwise: (finding: Finding) => T) =>
    budget.within('local', work).catch((error: unknown) => {
      const { says, remedy } = explainLocal(error);
      return otherwise(failed(says, remedy));
    });
  const itself = (finding: Finding) => finding;
  const [settings, profiles, certificates, journal, policy, clients] = await Promise.all([
    local<Settings>(
      () => checkSettings(authOptions, settingsEnvironment),
      (finding) => ({ finding }),
    ),
    local(
      () => readProfiles(authOptions, settingsEnvironment),
      () => undefined,
    ),
    local(() => checkCertificates(env, readFile), itself),
    local(() => journalOf(options, environment), itself),
    local<PolicyChoice>(
      () => checkPolicyFile(options.policyFile, readFile),
      (finding) => ({ finding, policy: {} }),
    ),
    local<Check[]>(
      () => checkClients(clientsEnvironment(environment, budget)),
      (finding) => [{ check: 'clients', ...finding }],
    ),
  ]);
  const { configuration } = settings;
  const findings: Findings = configuration
    ? await checkWorkspace(authOptions, configuration, {
        budget,
        env,
        homeDir,
        now,
        random: environment.random,
        platform: environment.platform,
        userAgent: environment.userAgent,
        run: (command, args, given) =>
          runProgram(command, args, { ...given, timeoutMs: Math.min(given.timeoutMs, budget.limits.login) }),
        readFile,
        nearHost: (origin) => nearHost(origin, authOptions, settingsEnvironment),
      })
    : new Map();
  findings.set('node', checkNode(node, program)).set('server', checkServer(program, options));
  if (!findings.has('configuration'))
    findings.set('configuration', sandbox ? ok('the sandbox of this server') : settings.finding);
  findings.set('certificates', certificates).set('journal', journal);
  const host = configuration?.host;
  findings.set('policy', host === undefined ? policy.finding : allowsHost(policy, host));

  const place: Place = {
    paths: [homeDir, environment.cwd, program.started, program.file, dirname(program.file)],
    exists: existsSync,
  };
  const scrub = createScrub([...knownSecrets(env, profiles?.sections, place), ...(sandbox ? [sandbox.token] : [])]);
  const checks = [...inOrder(findings), ...clients].map((check) => clean(check, scrub));
  return {
    ok: checks.every(({ status }) => status !== 'failed'),
    server: program.name,
    version: program.version,
    workspace: host === undefined ? null : scrub(host),
    sandbox: sandbox !== undefined,
    checks,
  };

  function journalOf({ noJournal, journalFile }: DoctorOptions, { platform, disk: given }: DoctorEnvironment) {
    if (noJournal) return Promise.resolve(ok('changes are not recorded (--no-journal)'));
    if (sandbox && journalFile === undefined) return Promise.resolve(ok('in memory, as always in the sandbox'));
    return checkJournal(journalFile ?? journalPath(platform, env, homeDir), now, given ?? disk);
  }
}

function clientsEnvironment(
  { program, env, platform, homeDir, cwd, trySeed }: DoctorEnvironment,
  budget: Budget,
): ClientsEnvironment {
  const here = machine({ platform, env, home: homeDir, cwd });
  return {
    program,
    platform,
    env,
    machine: here,
    exists: here.exists,
    readFile,
    trySeed,
    async versionOf(command) {
      const timeoutMs = budget.limits.local / 2;
      const given = { env: { PATH: env.PATH ?? '' }, timeoutMs };
      return (await runProgram(command, ['--version'], given).catch(() => undefined))?.stdout;
    },
    async profilesOf(configFile, variables) {
      const file = await readProfiles({ configFile }, { env: variables, homeDir, readFile });
      const chosen = file && chooseProfileOf(file);
      return {
        path: profilePath(configFile ?? variables.DATABRICKS_CONFIG_FILE, homeDir),
        names: file ? profileNames(file) : [],
        hasDefault: chosen !== undefined,
      };
    },
  };
}

/** The profile without a name. Undefined when the default one is missing. */
function chooseProfileOf(file: ProfileFile) {
  try {
    return chooseProfile(file, undefined);
  } catch {
    return undefined;
  }
}

/** Prints the report. @returns the exit code: 0 when no check failed, else 1. */
export async function doctor(
  options: DoctorOptions & { json: boolean },
  environment: DoctorEnvironment & { print: (text: string) => Promise<void> },
): Promise<number> {
  const report = await examine(options, environment);
  await environment.print(options.json ? asJson(report) : asText(report));
  return report.ok ? 0 : 1;
}

/** A regular file as text. Reading a named pipe or a device may never end. */
async function readFile(path: string): Promise<string> {
  await checkRegular(path).catch((error: unknown) => {
    throw Object.assign(new Error(errorMessage(error)), { code: 'not a regular file' });
  });
  return readFileOf(path, 'utf8');
}

/** Those that others need, in the order in which they are needed. */
const ROOTS = ['configuration', 'proxy', 'host', 'identity'] as const satisfies CheckName[];

/** All checks in the order of the report. One that was not made names the failure that prevented it. */
function inOrder(findings: Findings): Check[] {
  const root = ROOTS.find((name) => findings.get(name)?.status === 'failed');
  return CHECKS.filter((check) => check !== 'clients').map((check) => ({
    check,
    ...(findings.get(check) ?? needs(root ?? 'configuration')),
  }));
}

/** Characters of a sentence. The report is read in a terminal. */
const MAX_SAYS = 400;

/** Without secrets, and then short. */
function clean(check: Check, scrub: (text: string) => string): Check {
  const { says, remedy } = check;
  const short = (text: string) => (text.length > MAX_SAYS ? `${text.slice(0, MAX_SAYS)}…` : text);
  return { ...check, says: short(scrub(says)), ...(remedy === undefined ? {} : { remedy: scrub(remedy) }) };
}
