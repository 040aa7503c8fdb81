/** What the commands rollout, http and dashboard do, read from the values of their options. */
import { ROLLOUT_ACTIONS, type RolloutCommandAction } from './options.ts';
import type { AppIdentity } from './rights/reach.ts';
import { closest } from './text/did-you-mean.ts';

type Values = ReadonlyMap<string, string | true>;

const textOf = (values: Values) => (name: string) => {
  const value = values.get(name);
  return typeof value === 'string' ? value : undefined;
};

/** A whole number within bounds. Undefined for any other text. */
function wholeOf(values: Values, name: string, fallback: number, min: number, max: number): number | undefined {
  const given = textOf(values)(name) ?? String(fallback);
  return /^\d{1,9}$/.test(given) && Number(given) >= min && Number(given) <= max ? Number(given) : undefined;
}

const portSentence = (values: Values) =>
  `--port must be a whole number from 0 to 65535, not "${textOf(values)('port')}"`;

/** What the rollout command does. Its tool checks the values. */
export interface RolloutConfig {
  endpoint: string;
  version: string;
  alias: string | undefined;
  /** JSON, or the path of a file with it. */
  plan: string | undefined;
  probesFile: string | undefined;
  removeOld: boolean;
  observeOnly: boolean;
  action: RolloutCommandAction | undefined;
  dryRun: boolean;
  /** The user agrees to what a dialog would ask. */
  yes: boolean;
}

/** @returns a sentence where the endpoint or the version is missing, and for an unknown action. */
export function readRollout(endpoint: string | undefined, values: Values): RolloutConfig | string {
  const text = textOf(values);
  const version = text('version');
  const form = 'rollout ENDPOINT --version N';
  if (endpoint === undefined) return `rollout needs the name of an endpoint: ${form}`;
  if (version === undefined) return `rollout needs a version: ${form}`;
  const given = text('action');
  const action = ROLLOUT_ACTIONS.find((each) => each === given);
  if (given !== undefined && action === undefined) {
    const near = closest(given, ROLLOUT_ACTIONS);
    const hint = near === undefined ? '' : `: did you mean "${near}"?`;
    return `--action has no action "${given}"${hint} (actions: ${ROLLOUT_ACTIONS.join(', ')})`;
  }
  return {
    endpoint,
    version,
    alias: text('alias'),
    plan: text('plan'),
    probesFile: text('probes'),
    removeOld: values.has('remove-old'),
    observeOnly: values.has('observe-only'),
    action,
    dryRun: values.has('dry-run'),
    yes: values.has('yes'),
  };
}

/** Whom the http command serves, and how many calls at a time. */
export interface HttpConfig {
  port: number;
  /** Values of `Host`, without those of this machine. */
  hosts: readonly string[];
  /** Values of `Origin`. */
  origins: readonly string[];
  /** Whether requests that a forwarded token does not reach leave under the identity of the app. */
  appIdentity: AppIdentity;
  maxCalls: number;
  maxCallsPerUser: number;
}

/** What the dashboard command shows. */
export interface DashboardConfig {
  /** A saved report. Undefined: the workspace. */
  file: string | undefined;
  /** The page is written to this file. */
  output: string | undefined;
  /** 0: any free one. */
  port: number;
  allowChanges: boolean;
}

/** Options of the dashboard that go with a saved report. */
const WITH_FILE = ['port', 'output', 'help'];

/**
 * @param readOnly what makes the dashboard read-only: an option or a variable.
 * @returns a sentence for options that contradict each other, and for a port that is none.
 */
export function readDashboard(
  file: string | undefined,
  values: Values,
  readOnly: string | undefined,
): DashboardConfig | string {
  const output = textOf(values)('output');
  const allowChanges = values.has('allow-changes');
  const surplus = [...values.keys()].find((name) => !WITH_FILE.includes(name));
  if (file !== undefined && surplus !== undefined)
    return `--${surplus} is for a workspace, and the file of a saved report needs none`;
  if (output !== undefined && file === undefined)
    return '--output needs the file of a saved report: dashboard FILE --output report.html';
  if (output !== undefined && values.has('port'))
    return 'use either --output or --port: with --output, no server starts';
  if (allowChanges && readOnly !== undefined)
    return `--allow-changes cannot be used with ${readOnly}, which forbids every change`;
  const port = wholeOf(values, 'port', 0, 0, 65_535);
  if (port === undefined) return portSentence(values);
  return { file, output, port, allowChanges };
}

const APP_IDENTITIES: readonly AppIdentity[] = ['off', 'reads', 'all'];
const DEFAULT_PORT = 8000;
const DEFAULT_MAX_CALLS = 256;
const DEFAULT_MAX_CALLS_PER_USER = 8;

/** @returns a sentence for a value that is no number, no name or no origin. */
export function readHttp(values: Values): HttpConfig | string {
  const text = textOf(values);
  const list = (name: string) => (text(name) ?? '').split(',').flatMap((each) => each.trim().toLowerCase() || []);
  const whole = (name: string, fallback: number, min: number, max: number) => wholeOf(values, name, fallback, min, max);
  const hosts = list('allow-host');
  const wrongHost = hosts.find(
    (each) => !/^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?$/.test(each),
  );
  if (wrongHost !== undefined)
    return `--allow-host takes names such as mcp.example.com or mcp.example.com:8443, not "${wrongHost}"`;
  const origins = list('allow-origin');
  const wrongOrigin = origins.find((each) => !isOrigin(each));
  if (wrongOrigin !== undefined)
    return `--allow-origin takes origins such as https://app.example.com, each by its full name, not "${wrongOrigin}"`;
  const port = whole('port', DEFAULT_PORT, 0, 65_535);
  if (port === undefined) return portSentence(values);
  const maxCalls = whole('max-calls', DEFAULT_MAX_CALLS, 1, 10_000);
  if (maxCalls === undefined) return `--max-calls must be a whole number from 1 to 10000, not "${text('max-calls')}"`;
  const maxCallsPerUser = whole('max-calls-per-user', Math.min(DEFAULT_MAX_CALLS_PER_USER, maxCalls), 1, maxCalls);
  if (maxCallsPerUser === undefined)
    return `--max-calls-per-user must be a whole number from 1 to ${maxCalls}, not "${text('max-calls-per-user')}"`;
  const asked = text('app-identity') ?? 'off';
  const appIdentity = APP_IDENTITIES.find((each) => each === asked);
  if (appIdentity === undefined) return `--app-identity is one of ${APP_IDENTITIES.join(', ')}, not "${asked}"`;
  return { port, hosts, origins, appIdentity, maxCalls, maxCallsPerUser };
}

function isOrigin(text: string): boolean {
  try {
    return /^https?:\/\/[a-z0-9.[\]:-]+$/.test(text) && new URL(text).origin === text;
  } catch {
    return false;
  }
}
