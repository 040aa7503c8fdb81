/** `install` and `uninstall` in a home of their own, with a terminal that answers or without one. */
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type Environment, install } from '../../src/install/index.ts';
import { machine } from '../../src/install/machine.ts';

export interface Home {
  path: string;
  write(name: string, content: string | Uint8Array): string;
  read(name: string): string;
  /** All files, by their path in the home. */
  files(): string[];
}

export function home(files: Record<string, string> = {}): Home {
  const path = mkdtempSync(join(tmpdir(), 'install-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const write = (name: string, content: string | Uint8Array) => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
    return join(path, name);
  };
  for (const [name, content] of Object.entries(files)) write(name, content);
  return {
    path,
    write,
    read: (name) => readFileSync(join(path, name), 'utf8'),
    files: () =>
      readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => lstatSync(join(path, name)).isFile())
        .sort(),
  };
}

export interface Outcome {
  code: number;
  output: string;
  errors: string;
}

/** Noon of a day, with a second more for each run, so that every backup has its own name. */
let clock = Date.UTC(2026, 0, 2, 12);

/**
 * Runs a command line. `answer` is typed when the question appears; without one there is no terminal.
 * @param whileAsking happens between the question and the answer.
 */
export async function run(
  where: Home,
  line: string,
  { answer, whileAsking, given = {} }: { answer?: string; whileAsking?: () => void; given?: Partial<Environment> } = {},
): Promise<Outcome> {
  const input: PassThrough & { isTTY?: boolean } = new PassThrough();
  const said = { output: '', errors: '' };
  const collect = (stream: keyof typeof said) =>
    new Writable({
      write(chunk, _encoding, done) {
        said[stream] += String(chunk);
        if (stream === 'output' && /\[y\/N\] $/.test(said.output)) {
          whileAsking?.();
          if (answer !== undefined) input.end(answer);
        }
        done();
      },
    });
  if (answer === undefined) input.end();
  else input.isTTY = true;
  clock += 1_000;
  const code = await install(readConfig(line.split(' ')), {
    ...machine({ platform: 'linux', env: {}, home: where.path, cwd: where.path }),
    node: '/usr/bin/node',
    started: '/usr/bin/databricks-serving-mcp',
    script: '/opt/databricks-serving-mcp/dist/server.mjs',
    command: 'databricks-serving-mcp',
    version: '1.2.3',
    now: () => clock,
    random: () => 0.5,
    input,
    output: collect('output'),
    errors: collect('errors'),
    ...given,
  });
  return { code, ...said };
}
