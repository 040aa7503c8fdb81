/** The files that the server would use: the journal and the policy. Nothing is written. */
import { access, open, statfs } from 'node:fs/promises';
import { fileJournal } from '../journal/journal.ts';
import { checkRegular } from '../journal/regular-file.ts';
import { errorMessage } from '../text/error-message.ts';
import { checkHost, type Policy, parsePolicy } from '../write/policy.ts';
import { type Finding, failed, ok, warning } from './check.ts';
import { codeOf, explain } from './explain.ts';
import { folderOf, placeProblem, refuseKernel } from './journal-place.ts';

/** What the checks ask the file system. Tests pass answers that this machine cannot give. */
export interface Disk {
  /** Free bytes for this user in the file system of a path. Undefined when that is not known. */
  freeBytes(path: string): Promise<number | undefined>;
  /** The number of the type of a file system, as `statfs` gives it. Undefined when it is not known. */
  typeOf(path: string): Promise<number | undefined>;
  /** @throws the error of the system when this user may not create files in a folder. */
  mayCreateIn(folder: string): Promise<void>;
}

export const disk: Disk = {
  async freeBytes(path) {
    const found = await statfs(path).catch(() => undefined);
    // Systems without a disk, such as /proc, have no blocks at all.
    return found && found.blocks > 0 ? found.bavail * found.bsize : undefined;
  },
  async typeOf(path) {
    return (await statfs(path).catch(() => undefined))?.type;
  },
  async mayCreateIn(folder) {
    // The build gives `import` only functions.
    const { W_OK, X_OK } = process.getBuiltinModule('node:fs').constants;
    await access(folder, W_OK | X_OK);
  },
};

/** One record has at most 256 KiB, and a change writes two. */
const LEAST_FREE = 1024 * 1024;

/** Whether the journal can be written and read. It is opened and never written to, so the rights of its folder are as the system states them. */
export async function checkJournal(
  path: string,
  now: () => number,
  { freeBytes, mayCreateIn, typeOf }: Disk,
): Promise<Finding> {
  try {
    await checkRegular(path);
    const exists = await opens(path);
    const folder = await folderOf(path);
    refuseKernel(folder, await typeOf(folder));
    if (!exists) await mayCreateIn(folder);
    const free = await freeBytes(folder);
    if (free !== undefined && free < LEAST_FREE)
      return failed(
        `the disk of the journal ${path} is full (${Math.floor(free / 1024)} KiB free)`,
        'Free some space, or name a file on another disk with --journal FILE.',
      );
    if (!exists) return ok(`${path} does not exist yet and can be created`);
    return await readable(path, now);
  } catch (error) {
    const { message, remedy } = await placeProblem(error, path);
    return failed(`changes cannot be recorded in ${path}: ${message}`, remedy);
  }
}

/** Opens an existing file as the journal does, and closes it. False when there is none. */
async function opens(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r+')).close();
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function readable(path: string, now: () => number): Promise<Finding> {
  const journal = fileJournal(path, { now, random: () => 0, sanitize: (value) => value });
  const { total, unreadable } = await journal.read({ where: () => true, newest: 1 });
  const says = `${path} can be written and has ${counted(total, 'change')}`;
  if (unreadable === 0) return ok(says);
  return warning(
    `${says}; ${counted(unreadable, 'line')} cannot be read`,
    'The server skips these lines. If another program writes to the file, name another one with --journal FILE.',
  );
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

export interface PolicyChoice {
  finding: Finding;
  policy: Policy;
}

/** Reads the policy as the server does at its start. */
export async function checkPolicyFile(
  path: string | undefined,
  readFile: (path: string) => Promise<string>,
): Promise<PolicyChoice> {
  if (path === undefined) return { finding: ok('no policy file is named'), policy: {} };
  let text: string;
  try {
    text = await readFile(path);
  } catch (error) {
    const says = `--policy: ${path} cannot be read (${codeOf(error)})`;
    return { finding: failed(says, 'Name a readable file with --policy FILE, or remove the option.'), policy: {} };
  }
  try {
    const policy = parsePolicy(text, path);
    const rules = Object.keys(policy).filter((rule) => rule !== 'owner');
    const says =
      rules.length === 0 ? 'has no rules' : `has the ${rules.length === 1 ? 'rule' : 'rules'} ${rules.join(', ')}`;
    return { finding: ok(`${path} ${says}`), policy };
  } catch (error) {
    const remedy =
      'Correct the file as the message says. SECURITY.md lists the rules. The server does not start with it.';
    return { finding: failed(errorMessage(error), remedy), policy: {} };
  }
}

/** The policy again, when the workspace is known: it may forbid it. */
export function allowsHost({ finding, policy }: PolicyChoice, host: string): Finding {
  try {
    checkHost(policy, host);
    return finding;
  } catch (error) {
    const { says, remedy } = explain(error, 'its rules');
    return failed(says, remedy);
  }
}
