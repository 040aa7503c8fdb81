import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { environmentVariable, findOnPath, runProgram } from '../../src/auth/run.ts';

const node = process.execPath;

it('gives back code, stdout and stderr', async () => {
  const script = 'process.stdout.write("out"); process.stderr.write("err"); process.exit(3)';
  expect(await runProgram(node, ['-e', script], { env: {}, timeoutMs: 10_000 })).toEqual({
    code: 3,
    stdout: 'out',
    stderr: 'err',
  });
});

it('passes on only the given environment', async () => {
  const script = 'console.log(JSON.stringify([process.env.GIVEN, process.env.HOME, process.env.PATH]))';
  const { stdout } = await runProgram(node, ['-e', script], { env: { GIVEN: 'yes' }, timeoutMs: 10_000 });
  expect(JSON.parse(stdout)).toEqual(['yes', null, null]);
});

it('uses no shell: arguments stay what they are', async () => {
  const argument = '$(echo no) "x" `y` & z';
  const { stdout } = await runProgram(node, ['-p', 'process.argv[1]', argument], { env: {}, timeoutMs: 10_000 });
  expect(stdout.trim()).toBe(argument);
});

it('ends what takes too long, and says so with a null code', async () => {
  const { code } = await runProgram(node, ['-e', 'setTimeout(() => {}, 60_000)'], { env: {}, timeoutMs: 200 });
  expect(code).toBeNull();
});

it('rejects with the system error when there is no such program', async () => {
  await expect(runProgram('/gone/databricks', [], { env: {}, timeoutMs: 1000 })).rejects.toMatchObject({
    code: 'ENOENT',
  });
});

it('keeps the stdin of the server to the server: the messages there are the protocol', async () => {
  const source = new URL('../../src/auth/run.ts', import.meta.url).href;
  const reader =
    'let text = ""; process.stdin.on("data", (part) => (text += part)).on("end", () => console.log("read", text.length))';
  const program = `
    import { runProgram } from ${JSON.stringify(source)};
    const { stdout } = await runProgram(process.execPath, ['-e', ${JSON.stringify(reader)}], { env: {}, timeoutMs: 15000 });
    process.stdout.write(stdout);
    process.exit(0);`;
  const directory = await mkdtemp(join(tmpdir(), 'auth-stdin-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'server.mts');
  await writeFile(file, program);
  const server = spawn(node, ['--import', import.meta.resolve('tsx'), file], { stdio: ['pipe', 'pipe', 'inherit'] });
  // A message that waits, on a stdin that never ends.
  server.stdin.write('{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n');
  let output = '';
  server.stdout.on('data', (part) => {
    output += part;
  });
  await once(server, 'close');
  expect(output.trim()).toBe('read 0');
}, 20_000);

it('reads Path as PATH on Windows only', () => {
  expect(environmentVariable({ Path: 'x' }, 'PATH', 'win32')).toBe('x');
  expect(environmentVariable({ Path: 'x' }, 'PATH', 'linux')).toBeUndefined();
});

it('finds programs in the order of PATH and passes over what cannot be run', async () => {
  const directories = await Promise.all([0, 1, 2].map(() => mkdtemp(join(tmpdir(), 'auth-path-'))));
  onTestFinished(async () => {
    await Promise.all(directories.map((directory) => rm(directory, { recursive: true })));
  });
  const [plain, first, second] = directories.map((directory) => join(directory, 'tool'));
  if (!plain || !first || !second) throw new Error('three directories were made');
  await writeFile(plain, 'text', { mode: 0o644 });
  await writeFile(first, 'one', { mode: 0o755 });
  await writeFile(second, 'three', { mode: 0o755 });
  const env = { PATH: ['', '/gone', ...directories].join(':') };
  expect(await findOnPath(['tool'], env, 'linux')).toEqual([
    { path: first, sizeBytes: 3 },
    { path: second, sizeBytes: 5 },
  ]);
});
