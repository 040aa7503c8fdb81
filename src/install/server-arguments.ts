/** The options of the server as an entry needs them: checked, and with absolute paths. A client starts the server in a folder of its own. */
import { METHODS } from '../auth/chain.ts';
import { AuthError } from '../auth/errors.ts';
import { isAccountHost, parseHost } from '../auth/host.ts';
import { type ProfileFile, profileNames, profilePath, readProfileFile } from '../auth/profile.ts';
import type { InstallConfig } from '../config.ts';
import { OPTIONS, type Option } from '../options.ts';
import { closest } from '../text/did-you-mean.ts';
import { errorMessage } from '../text/error-message.ts';
import { redact } from '../text/redact.ts';
import { parsePolicy } from '../write/policy.ts';
import { pathOf } from './clients.ts';
import { meantHost } from './near-host.ts';
import { Stop } from './stop.ts';

export interface Place {
  platform: string;
  home: string;
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  /** UTF-8 text. Rejects with a `code` of the file system. */
  read(path: string): Promise<string>;
  /** Names in a folder. Empty when it is missing or cannot be read. */
  list(folder: string): string[];
}

type ServerOptions = InstallConfig['serverOptions'];

/** Files that the server makes by itself. All others must exist. */
const MADE_BY_SERVER = ['journal'];

/** The options as arguments, in the order of the table. @throws Stop for a profile, host, method or file that is wrong, with the nearest right one. */
export async function serverArguments(options: ServerOptions, place: Place): Promise<string[]> {
  const given = new Map(options.map(({ name, value }) => [name, value === true ? '' : value]));
  for (const [name, value] of given) refuseSecret(name, value);
  const file = await profilesOf(given, place);
  checkProfile(given.get('profile'), file);
  const host = checkedHost(given.get('host'), file);
  checkMethod(given.get('auth-type'));
  const words: string[] = [];
  for (const { name, value } of options) {
    const isPath = OPTIONS.some((option) => option.name === name && option.path);
    if (value === true) words.push(`--${name}`);
    else if (name === 'host') words.push('--host', host ?? value);
    else words.push(`--${name}`, isPath ? await checkedPath(name, value, place) : value);
  }
  return words;
}

/** Names of the profiles that the server will find. */
export async function profilesIn(options: ServerOptions, place: Place): Promise<string[]> {
  return profileNames(await profilesOf(new Map(options.map(({ name, value }) => [name, String(value)])), place));
}

async function profilesOf(given: ReadonlyMap<string, string>, place: Place): Promise<ProfileFile> {
  const configured = given.get('config-file') ?? place.env.DATABRICKS_CONFIG_FILE;
  const path = pathOf(place).resolve(place.cwd, profilePath(configured, place.home));
  try {
    return await readProfileFile(path, place.read);
  } catch (error) {
    if (error instanceof AuthError && given.has('profile')) throw new Stop(`${error.message}. ${error.next}`, 1);
    return { path, found: false, sections: new Map() }; // without --profile, a broken file is the doctor's business
  }
}

function checkProfile(name: string | undefined, file: ProfileFile): void {
  if (name === undefined) return;
  const names = profileNames(file);
  if (names.includes(name)) return;
  const near = closest(name, names);
  const known = names.length === 0 ? '' : ` It has: ${names.join(', ')}.`;
  throw new Stop(
    `--profile: ${file.path} ${file.found ? `has no profile "${name}"` : 'does not exist'}.${near === undefined ? '' : ` Did you mean "${near}"?`}${known} To create the profile, run: databricks auth login --profile ${name}`,
    2,
  );
}

/** An entry is shown, backed up and shared. @throws Stop for a value that looks like a credential. */
function refuseSecret(name: string, value: string): void {
  const hasUser = name === 'host' && /^[^/?#]*@/.test(value.replace(/^[\s"']*(?:[a-z][a-z0-9+.-]*:)?[\\/]*/i, ''));
  if (!hasUser && redact(value) === value && redact(`--${name} ${value}`) === `--${name} ${value}`) return;
  throw new Stop(
    `--${name}: the value has ${hasUser ? 'a user or a password' : 'something that looks like a credential'}, and an entry never holds a secret. Leave it out, and log in with a profile: databricks auth login --profile NAME`,
    2,
  );
}

/**
 * The address as an entry needs it: the origin, and the number of the workspace in the place where a browser shows it. Other parts of an address may
 * be secrets, and the server does not use them.
 */
function checkedHost(host: string | undefined, file: ProfileFile): string | undefined {
  if (host === undefined) return undefined;
  let origin: string;
  let workspaceId: string | undefined;
  try {
    ({ origin, workspaceId } = parseHost(host));
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    const near = closest(host, profileNames(file));
    throw new Stop(
      `--host: ${error.message}. ${near === undefined ? error.next : `Did you mean --profile ${near}?`}`,
      2,
    );
  }
  if (isAccountHost(origin))
    throw new Stop(
      `--host: ${origin} is the account console. Name the address of a workspace, as the browser shows it there.`,
      2,
    );
  const meant = meantHost(origin, hostsOf(file));
  if (meant === undefined) return /^\d{1,20}$/.test(workspaceId ?? '') ? `${origin}/?o=${workspaceId}` : origin;
  throw new Stop(
    `--host: ${origin} is not the host of a profile, and no usual address. Did you mean ${meant}? If it is right, create a profile for it with databricks auth login --host ${origin}, and use --profile.`,
    2,
  );
}

function hostsOf(file: ProfileFile): string[] {
  return [...file.sections.values()].flatMap((values) => {
    try {
      return [parseHost(values.get('host') ?? '').origin];
    } catch {
      return [];
    }
  });
}

function checkMethod(name: string | undefined): void {
  const known = METHODS.map((method) => method.name);
  if (name === undefined || known.includes(name)) return;
  const near = closest(name, known);
  throw new Stop(
    `--auth-type: there is no method "${name}".${near === undefined ? '' : ` Did you mean "${near}"?`} Methods: ${known.join(', ')}`,
    2,
  );
}

async function checkedPath(option: string, value: string, place: Place): Promise<string> {
  const path = pathOf(place);
  const home = option === 'config-file' ? profilePath(value, place.home) : value;
  const absolute = path.resolve(place.cwd, home);
  let text: string;
  try {
    text = await place.read(absolute);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : errorMessage(error);
    if (code === 'ENOENT' && MADE_BY_SERVER.includes(option)) return absolute;
    const near = code === 'ENOENT' ? closest(path.basename(absolute), place.list(path.dirname(absolute))) : undefined;
    const hint = near === undefined ? '' : `. Did you mean ${path.join(path.dirname(absolute), near)}?`;
    throw new Stop(`--${option}: cannot read ${absolute} (${code})${hint}`, 2);
  }
  try {
    if (option === 'policy') parsePolicy(text, absolute);
    if (option === 'sandbox-seed') JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Stop(option === 'policy' ? errorMessage(error) : `${absolute} is not JSON: ${errorMessage(error)}`, 2);
  }
  return absolute;
}

/** The variables that hold a secret and log in alone or with others. */
const SECRETS = ['DATABRICKS_TOKEN', 'DATABRICKS_CLIENT_SECRET', 'DATABRICKS_PASSWORD'];
/** A profile and the sandbox each take the place of these. */
const WAY = ['profile', 'host', 'auth-type', 'config-file'];

/** What the client will not see of this shell, as sentences. Secrets in variables are no profile, and an entry must not hold them. */
export function shellNotes(options: ServerOptions, { env }: Place, profiles: readonly string[]): string[] {
  const has = (name: string) => options.some((option) => option.name === name);
  const way = has('sandbox') || has('profile') ? undefined : wayNotes(env, has, profiles);
  const others = OPTIONS.filter(({ name }) => !WAY.includes(name) && !has(name)).flatMap((option) =>
    settingNote(option, env),
  );
  return [...(way ?? []), ...others];
}

function wayNotes(env: Place['env'], has: (name: string) => boolean, profiles: readonly string[]): string[] {
  const secrets = SECRETS.filter((name) => (env[name] ?? '') !== '');
  if (secrets.length > 0)
    return [
      `${secrets.join(' and ')} ${secrets.length > 1 ? 'are' : 'is'} set in this shell only, and an entry never holds a secret. A client that does not start from this shell logs in with a profile. Run databricks auth login --profile NAME, and then install with --profile NAME.`,
    ];
  const notes = OPTIONS.filter(({ name }) => WAY.includes(name) && !has(name)).flatMap((option) =>
    settingNote(option, env),
  );
  if (notes.length > 0 || has('host') || profiles.includes('DEFAULT')) return notes;
  return [
    profiles.length === 0
      ? 'There is no profile yet. Create one with: databricks auth login --host https://<workspace> --profile DEFAULT'
      : `There is no profile DEFAULT, so the entry should name one: --profile NAME (${profiles.join(', ')})`,
  ];
}

function settingNote({ name, value, variable }: Option, env: Place['env']): string[] {
  const set = variable === undefined ? '' : (env[variable] ?? '');
  if (set === '' || (value === undefined && set !== 'true')) return [];
  const option = value === undefined ? `--${name}` : `--${name} ${redact(set)}`;
  return [`${variable} is set in this shell only. To have it in the entry, add ${option}`];
}
