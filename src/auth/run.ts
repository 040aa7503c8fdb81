import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { RunOptions, RunResult } from './types.ts';

const MAX_OUTPUT_BYTES = 1_000_000;

/**
 * Runs a program without a shell. Its stdin is closed, because a child that inherits ours would read protocol messages, and servers
 * hang on Windows. Rejects with the error of the system (`code: 'ENOENT'` …) when the program cannot start. After the time limit the
 * program is killed, and `code` is null.
 */
export function runProgram(command: string, args: string[], options: RunOptions): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: options.env,
      shell: false,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    const finish = (code: number | null) => {
      clearTimeout(timer);
      resolve({ code, stdout: stdout(), stderr: stderr() });
    };
    // Does not wait for 'close', because a grandchild can keep the pipes open past the limit.
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      finish(null);
    }, options.timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code) => finish(code));
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_OUTPUT_BYTES) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

/** Reads a variable as the platform does. Windows ignores case, as in `Path` and `PATH`. */
export function environmentVariable(
  env: Record<string, string | undefined>,
  name: string,
  platform: string,
): string | undefined {
  if (platform !== 'win32') return env[name];
  const wanted = name.toUpperCase();
  return Object.entries(env).find(([key]) => key.toUpperCase() === wanted)?.[1];
}

export interface FoundFile {
  path: string;
  sizeBytes: number;
}

/** All files with these names on PATH, in PATH order. Outside Windows they must be executable. */
export async function findOnPath(
  names: readonly string[],
  env: Record<string, string | undefined>,
  platform: string,
): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for (const directory of (environmentVariable(env, 'PATH', platform) ?? '').split(delimiter)) {
    if (directory === '') continue;
    for (const name of names) {
      const file = await fileAt(join(directory, name), platform);
      if (file !== undefined) found.push(file);
    }
  }
  return found;
}

/** The executable file at a path, or undefined. */
export async function fileAt(path: string, platform: string): Promise<FoundFile | undefined> {
  try {
    const info = await stat(path);
    const runnable = platform === 'win32' || (info.mode & 0o111) !== 0;
    return info.isFile() && runnable ? { path, sizeBytes: info.size } : undefined;
  } catch {
    return undefined;
  }
}
