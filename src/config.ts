/** Command line → Config, or a clear error. The parser, `--help` and the README share one table. */
import { parseArgs } from 'node:util';
import { closest } from './text/did-you-mean.ts';

export interface Option {
  name: string;
  /** Placeholder of the value in the help. Absent for a switch. */
  value?: string;
  help: string;
  /** The command that accepts it. Absent when both do. */
  command?: 'serve' | 'sandbox';
}

export const OPTIONS: readonly Option[] = [
  {
    name: 'profile',
    value: 'NAME',
    help: 'Profile in the Databricks config file. Also DATABRICKS_CONFIG_PROFILE.',
    command: 'serve',
  },
  { name: 'host', value: 'URL', help: 'Workspace address, https://…. Also DATABRICKS_HOST.', command: 'serve' },
  {
    name: 'auth-type',
    value: 'NAME',
    help: 'Use only this authentication method. Also DATABRICKS_AUTH_TYPE.',
    command: 'serve',
  },
  {
    name: 'config-file',
    value: 'PATH',
    help: 'Config file to use instead of ~/.databrickscfg. Also DATABRICKS_CONFIG_FILE.',
    command: 'serve',
  },
  { name: 'read-only', help: 'Never change anything. Tools that write are hidden and refused.', command: 'serve' },
  { name: 'no-query', help: 'Never send inference requests, which cost money.', command: 'serve' },
  {
    name: 'policy',
    value: 'FILE',
    help: 'JSON file with rules about what may be changed. See SECURITY.md.',
    command: 'serve',
  },
  {
    name: 'consent',
    value: 'dialog|confirm',
    help: 'How a person agrees to a loss. See SECURITY.md. Also DATABRICKS_SERVING_CONSENT.',
    command: 'serve',
  },
  { name: 'journal', value: 'FILE', help: 'Record changes in this file.', command: 'serve' },
  { name: 'no-journal', help: 'Do not record changes. undo_change then has nothing to undo.', command: 'serve' },
  { name: 'sandbox', help: 'Use a simulated workspace on this machine. No account is needed.' },
  { name: 'sandbox-seed', value: 'FILE', help: 'Load the sandbox workspace from this JSON file.' },
  { name: 'sandbox-minutes-per-second', value: 'N', help: 'Sandbox minutes per real second (default: 1).' },
  {
    name: 'port',
    value: 'N',
    help: 'Port of the sandbox command on 127.0.0.1 (default: any free port).',
    command: 'sandbox',
  },
  { name: 'help', help: 'Show this help and exit.' },
  { name: 'version', help: 'Show the version and exit.' },
];

/**
 * How a person agrees to a loss. `dialog`: in a dialog where the client has one, and elsewhere by a second call. `confirm`: always by a second call.
 */
export const CONSENTS = ['dialog', 'confirm'] as const;
export type Consent = (typeof CONSENTS)[number];

const CONSENT_VARIABLE = 'DATABRICKS_SERVING_CONSENT';

export interface SandboxConfig {
  seedFile: string | undefined;
  minutesPerSecond: number;
  port: number;
}

export interface Config {
  command: 'serve' | 'sandbox' | 'help' | 'version';
  profile: string | undefined;
  host: string | undefined;
  authType: string | undefined;
  configFile: string | undefined;
  readOnly: boolean;
  noQuery: boolean;
  policyFile: string | undefined;
  consent: Consent;
  journalFile: string | undefined;
  noJournal: boolean;
  /** Present with --sandbox and for the sandbox command. */
  sandbox: SandboxConfig | undefined;
}

/** An invalid command line. The program never starts on a guess. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads the command line, and from the environment what an option does not say.
 * @throws UsageError that names the closest valid option for a mistyped one.
 */
export function readConfig(argv: readonly string[], env: Record<string, string | undefined> = {}): Config {
  const { values, command } = parse(argv);
  const text = (name: string) => {
    const value = values.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const asksSandbox = values.has('sandbox') || command === 'sandbox';
  for (const name of ['sandbox-seed', 'sandbox-minutes-per-second']) {
    if (values.has(name) && !asksSandbox) throw new UsageError(`--${name} needs --sandbox`);
  }
  if (values.has('journal') && values.has('no-journal'))
    throw new UsageError('use either --journal or --no-journal, not both');
  if (asksSandbox) {
    for (const name of ['profile', 'host', 'auth-type', 'config-file']) {
      if (values.has(name)) throw new UsageError(`--${name} is for a real workspace and cannot be used with --sandbox`);
    }
  }
  for (const option of OPTIONS) {
    if (option.command === undefined || option.command === command || !values.has(option.name)) continue;
    throw new UsageError(
      command === 'sandbox'
        ? `--${option.name} is an option of the server, not of the sandbox command`
        : `--${option.name} is an option of the sandbox command`,
    );
  }
  return {
    command: values.has('help') ? 'help' : values.has('version') ? 'version' : command,
    profile: text('profile'),
    host: text('host'),
    authType: text('auth-type'),
    configFile: text('config-file'),
    readOnly: values.has('read-only'),
    noQuery: values.has('no-query'),
    policyFile: text('policy'),
    consent: consent(text('consent'), env),
    journalFile: text('journal'),
    noJournal: values.has('no-journal'),
    sandbox: asksSandbox
      ? {
          seedFile: text('sandbox-seed'),
          minutesPerSecond: number(
            'sandbox-minutes-per-second',
            text('sandbox-minutes-per-second') ?? '1',
            0.001,
            100_000,
          ),
          port: number('port', text('port') ?? '0', 0, 65_535, Number.isInteger),
        }
      : undefined,
  };
}

function parse(argv: readonly string[]): { values: Map<string, string | true>; command: 'serve' | 'sandbox' } {
  const names = OPTIONS.map((option) => option.name);
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      OPTIONS.map((option) => [option.name, { type: option.value ? 'string' : 'boolean' } as const]),
    ),
  });
  const values = new Map<string, string | true>();
  let command: 'serve' | 'sandbox' = 'serve';
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (token.value !== 'sandbox')
        throw new UsageError(`unexpected argument "${token.value}"${suggestion(token.value, ['sandbox'])}`);
      command = 'sandbox';
    } else if (token.kind === 'option') {
      const option = OPTIONS.find((each) => each.name === token.name);
      if (!option || token.rawName !== `--${token.name}`) {
        throw new UsageError(
          `unknown option "${token.rawName}"${suggestion(
            `--${token.name}`,
            names.map((name) => `--${name}`),
          )}`,
        );
      }
      if (option.value && (token.value === undefined || (!token.inlineValue && token.value.startsWith('--')))) {
        throw new UsageError(`--${option.name} needs a value: --${option.name} ${option.value}`);
      }
      if (!option.value && token.value !== undefined) throw new UsageError(`--${option.name} takes no value`);
      if (values.has(option.name)) throw new UsageError(`--${option.name} was given twice`);
      values.set(option.name, token.value ?? true);
    }
  }
  return { values, command };
}

/** @throws UsageError for any other word. A mistyped one must not switch the dialogs off, nor leave them on where no person sees them. */
function consent(option: string | undefined, env: Record<string, string | undefined>): Consent {
  const [source, word] =
    option === undefined ? [CONSENT_VARIABLE, env[CONSENT_VARIABLE] || 'dialog'] : ['--consent', option];
  const found = CONSENTS.find((each) => each === word);
  if (found === undefined) throw new UsageError(`${source} must be ${CONSENTS.join(' or ')}, not "${word}"`);
  return found;
}

function suggestion(word: string, known: string[]): string {
  const hint = closest(word, known);
  return hint === undefined ? '; see --help' : `: did you mean "${hint}"?`;
}

function number(
  name: string,
  text: string,
  min: number,
  max: number,
  fits: (value: number) => boolean = Number.isFinite,
): number {
  const value = Number(text);
  if (text.trim() === '' || !fits(value) || value < min || value > max) {
    const kind = fits === Number.isInteger ? 'a whole number' : 'a number';
    throw new UsageError(`--${name} must be ${kind} from ${min} to ${max}, not "${text}"`);
  }
  return value;
}

/** The text of `--help`. */
export function help(): string {
  const rows = OPTIONS.map(
    (option) => [`--${option.name}${option.value ? ` ${option.value}` : ''}`, option.help] as const,
  );
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return [
    'databricks-serving-mcp: an MCP server (stdio) for Databricks Model Serving.',
    '',
    'Usage: databricks-serving-mcp [options]            serve MCP on stdin and stdout',
    '       databricks-serving-mcp sandbox [options]    run only the sandbox workspace, for any Databricks client',
    '',
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`),
    '',
    'Authentication follows Databricks unified authentication: environment variables, ~/.databrickscfg, Databricks CLI.',
    '',
  ].join('\n');
}
