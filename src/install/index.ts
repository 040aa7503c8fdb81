/** `install` and `uninstall`: shows the change of a client's configuration, asks, and writes it. */
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import type { Config, InstallConfig } from '../config.ts';
import { closest } from '../text/did-you-mean.ts';
import { redact } from '../text/redact.ts';
import { stripControls } from '../text/sanitize.ts';
import { type Client, clientOf, filesOf, type Machine, type Scope } from './clients.ts';
import { backUp, ChangedError, codeOf, remedyOf, removeFile, replaceFile } from './config-file.ts';
import { difference } from './difference.ts';
import { entriesIn, isRemote, type Run } from './entries.ts';
import { isOurs, isReplaceable, ownOf } from './known.ts';
import { list } from './list.ts';
import { type Plan, planInstall, planUninstall } from './plan.ts';
import { FileProblem } from './problem.ts';
import { ownCommand, programOf, type Started } from './program.ts';
import { type Place, profilesIn, serverArguments, shellNotes } from './server-arguments.ts';
import { Stop } from './stop.ts';
import { warningsOn } from './warnings.ts';

/** All that the command takes from outside. */
export interface Environment extends Machine, Started, Place {
  now(): number;
  random(): number;
  input: NodeJS.ReadableStream & { isTTY?: boolean };
  output: NodeJS.WritableStream;
  errors: NodeJS.WritableStream;
  /** Ctrl-C. It ends the question, which counts as a no. */
  interrupted?: AbortSignal;
}

/**
 * Runs the command and returns its exit code. 0: done, or nothing to do. 1: nothing was changed, because of the file or the person. 2: the
 * command line is wrong.
 */
export async function install(config: Config, environment: Environment): Promise<number> {
  const say = (text: string) => void environment.output.write(`${text}\n`);
  try {
    const options = config.install;
    if (options?.client === undefined) {
      say(await list(environment));
      return 0;
    }
    return await change(config, options, clientOf(options.client), environment, say);
  } catch (error) {
    // A parser that calls itself, or a text that is too long for one string.
    const stop = error instanceof RangeError ? new Stop(TOO_LARGE, 1) : error;
    if (!(stop instanceof Stop)) throw error;
    environment.errors.write(`databricks-serving-mcp: ${redact(stripControls(stop.message))}\n`);
    return stop.code;
  }
}

const TOO_LARGE = 'The configuration file is too large or nested too deeply for this command. Nothing was changed';

async function change(
  config: Config,
  options: InstallConfig,
  client: Client,
  environment: Environment,
  say: (text: string) => void,
): Promise<number> {
  const name = entryName(options.name, config.sandbox !== undefined);
  const scope = options.project ? 'project' : 'user';
  const files = filesOf(client, scope, environment);
  if (files.length === 0)
    throw new Stop(`${client.title} has one configuration and none for projects. Leave --project out`, 2);
  const isInstall = config.command === 'install';
  const program = isInstall ? programOf(environment) : undefined;
  const args = isInstall ? await serverArguments(options.serverOptions, environment) : [];
  const plans: Plan[] = [];
  for (const path of files)
    plans.push(await planned(path, client, name, program && withArguments(program, args), environment));

  const changes = plans.filter(({ kind }) => kind !== 'nothing');
  for (const { file } of plans.filter(({ kind }) => kind === 'nothing'))
    say(
      isInstall
        ? `${file.path} already has this entry "${name}". Nothing to do.`
        : `${file.path} has no entry "${name}". Nothing to do.`,
    );
  if (changes.length === 0) return 0;
  for (const plan of changes) say(shown(plan, client, name, environment));
  for (const plan of changes) for (const warning of warningsOn(plan, client, name)) say(`Warning: ${warning}`);
  const notes = isInstall ? await notesOn(client, options, environment) : [];
  for (const note of notes) say(`Note: ${note}`);
  if (options.dryRun) {
    say('Nothing was written (--dry-run).');
    return 0;
  }
  if (!options.yes) await agreed(environment);
  for (const [index, plan] of changes.entries()) await carriedOut(plan, scope, environment, say, index > 0);
  if (program) for (const line of nextSteps(client, options, environment, args)) say(line);
  else say(`${client.title} forgets the server when it reads its configuration again.`);
  return 0;
}

const DEFAULT_NAME = 'databricks-serving';
const SANDBOX_NAME = 'databricks-sandbox';
/** Clients put `mcp__NAME__` in front of a tool's name, and models take 64 characters in all. */
const NAME_FORM = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

function entryName(given: string | undefined, sandbox: boolean): string {
  const name = given ?? (sandbox ? SANDBOX_NAME : DEFAULT_NAME);
  if (NAME_FORM.test(name)) return name;
  throw new Stop('--name: use at most 32 letters, digits, "-" and "_", with a letter or digit first', 2);
}

const withArguments = ({ command, args }: Run, more: readonly string[]): Run => ({ command, args: [...args, ...more] });

async function planned(
  path: string,
  client: Client,
  name: string,
  run: Run | undefined,
  environment: Environment,
): Promise<Plan> {
  try {
    if (run) {
      const plan = await planInstall(client, path, name, run);
      refuseOverwriting(client, plan, name, environment);
      return plan;
    }
    const plan = await planUninstall(client, path, name, environment.list);
    refuseOtherEntry(client, plan, name, environment);
    return plan;
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    const { line, column, message } = error;
    const place = line === undefined || column === undefined ? '' : `, line ${line}, column ${column}`;
    throw new Stop(`${path}${place}: the file ${message}. Nothing was changed`, 1);
  }
}

/** The name is that of another server, which would lose its program or its address. @throws Stop */
function refuseOverwriting(client: Client, { file }: Plan, name: string, environment: Environment): void {
  const entry = entriesIn(client, file.text).get(name);
  if (entry === undefined || isReplaceable(name, entry, ownOf(environment))) return;
  throw new Stop(
    `The entry "${name}" in ${file.path} ${isRemote(entry) ? 'is a remote server' : 'starts another program'}, and this command changes only entries of this server. To keep it, add --name with a name that is free. Otherwise remove it first. Nothing was changed`,
    1,
  );
}

/** The name is that of another server, or this server has another name there. @throws Stop */
function refuseOtherEntry(client: Client, { file }: Plan, name: string, environment: Environment): void {
  const own = ownOf(environment);
  const entries = entriesIn(client, file.text);
  const ours = [...entries].filter(([each, entry]) => isOurs(each, entry, own)).map(([each]) => each);
  if (ours.includes(name)) return;
  const near = closest(name, ours) ?? ours[0];
  const hint = near === undefined ? '' : ` Did you mean --name ${near}?`;
  if (entries.has(name))
    throw new Stop(
      `The entry "${name}" in ${file.path} starts another program, and this command removes only entries of this server.${hint} Nothing was changed`,
      1,
    );
  if (near !== undefined) throw new Stop(`${file.path} has no entry "${name}".${hint} Nothing was changed`, 1);
}

function shown(plan: Plan, client: Client, name: string, environment: Environment): string {
  const { file, after, kind } = plan;
  const preposition = { add: 'to', replace: 'in', remove: 'from', nothing: '' }[kind];
  const verb = { add: 'add', replace: 'change', remove: 'remove', nothing: '' }[kind];
  const gone = after === undefined ? ' The file holds nothing else, so it goes, too.' : '';
  const made = file.bytes === undefined ? ' The file is new.' : '';
  const head = `${client.title}: ${verb} the entry "${name}" ${preposition} ${file.path}.${made}${gone}`;
  const subject = { client, path: file.path, name, own: ownOf(environment) };
  return `${head}\n\n${difference(subject, file.bytes === undefined ? undefined : file.text, after)}\n`;
}

async function notesOn(client: Client, options: InstallConfig, environment: Environment): Promise<string[]> {
  const notes = shellNotes(options.serverOptions, environment, await profilesIn(options.serverOptions, environment));
  if (!options.project && client.sign(environment) === undefined)
    notes.push(`${client.title} was not found on this machine. It reads the entry once it is here.`);
  if (options.project)
    notes.push('The entry has paths of this machine, so others who get the file with the project cannot start it.');
  if (client.note !== undefined) notes.push(client.note);
  return notes;
}

/** @throws Stop unless a person at a terminal says yes. */
async function agreed({ input, output, interrupted }: Environment): Promise<void> {
  if (!input.isTTY)
    throw new Stop('Nothing was written: there is no terminal to ask on. To write without a question, add --yes', 1);
  const reader = createInterface({ input, output, terminal: false });
  // At the end of the input there is no answer, and none is a no.
  const ended = new Promise<string>((resolve) => reader.once('close', () => resolve('')));
  const stopped = new Promise<string>((resolve) => interrupted?.addEventListener('abort', () => resolve('')));
  const answer = await Promise.race([reader.question('Write this? [y/N] '), ended, stopped]);
  reader.close();
  // Nothing was typed, so the cursor is still behind the question.
  if (answer === '') output.write('\n');
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new Stop('Nothing was changed', 1);
}

async function carriedOut(
  { file, after }: Plan,
  scope: Scope,
  environment: Environment,
  say: (text: string) => void,
  others: boolean,
): Promise<void> {
  let backup: string | undefined;
  try {
    if (after === undefined) {
      await removeFile(file);
      say(`Removed ${file.path}.`);
      return;
    }
    backup = file.bytes === undefined ? undefined : await backUp(file, environment.now());
    await replaceFile(file, after, { random: environment.random, scope });
    const through = file.target === file.path ? '' : ` (a link to ${file.target})`;
    say(`Wrote ${file.path}${through}.${backup === undefined ? '' : ` Backup: ${backup}`}`);
  } catch (error) {
    // It has the content of the file, which stays.
    if (backup !== undefined) await rm(backup, { force: true }).catch(() => undefined);
    const nothing = others ? 'This file was not changed' : 'Nothing was changed';
    if (error instanceof ChangedError)
      throw new Stop(`${error.message}, so it was not written. ${nothing}. Run the command again`, 1);
    const problem =
      error instanceof FileProblem
        ? error.message
        : `cannot be written (${codeOf(error)}). ${remedyOf(error, 'write')}`;
    throw new Stop(`${file.path} ${problem}. ${nothing}`, 1);
  }
}

/** The options that the doctor takes: they choose the workspace. */
const OF_DOCTOR = ['profile', 'host', 'auth-type', 'config-file', 'sandbox'];

function nextSteps(client: Client, options: InstallConfig, started: Started, args: readonly string[]): string[] {
  const chosen = args.filter((_, index) => {
    const option = (word: string | undefined) => OF_DOCTOR.includes(word?.replace(/^--/, '') ?? '');
    return option(args[index]) || (!args[index]?.startsWith('--') && option(args[index - 1]));
  });
  const doctor = ownCommand(started, ['doctor', ...chosen]);
  return [
    `Next: ${options.project ? (client.inProject ?? client.restart) : client.restart}`,
    `Then ask it: "Which serving endpoints are there, and are they ready?" If that fails, run: ${doctor}`,
  ];
}
