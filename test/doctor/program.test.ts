/** The doctor as the built program: what a person sees, and that the broken set-ups end the same way as without a process. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { MAX_LINES } from '../../src/doctor/report.ts';
import { RUN_ALL } from '../support/selection.ts';
import { endAll, startServer } from '../wire/server-process.ts';
import { closeSetUps, expectNamed, NEEDS_PROGRAM, ROWS } from './broken-set-ups.ts';
import { removeHomes, runDoctor } from './run-doctor.ts';

vi.setConfig({ testTimeout: 60_000 });

afterAll(endAll); // also looks for secrets in what each process printed
afterAll(removeHomes);
afterAll(closeSetUps);

/** The others run in `npm run test:all`. */
const ALWAYS = /no profile|two credentials|rejects the password|has expired|no metastore|whose file is gone|CA file/;

describe.concurrent('the built doctor', () => {
  test('with --sandbox prints a green report of at most fifteen lines, without an account', async () => {
    const doctor = startServer(['doctor', '--sandbox']);
    const { code } = await doctor.exited;
    const lines = doctor.stdout().trimEnd().split('\n');
    expect([code, doctor.stderr()]).toEqual([0, '']);
    expect(lines.length).toBeLessThanOrEqual(MAX_LINES);
    expect(lines[0]).toMatch(/^databricks-serving-mcp \S+ with its sandbox: nothing failed/);
    expect(doctor.stdout()).toMatch(/^ok +identity +admin@example\.com, logged in by pat/m);
    expect(doctor.stdout()).not.toMatch(/FAILED|warning/);
  });

  test.each(ROWS.filter(([broken]) => RUN_ALL || NEEDS_PROGRAM.has(broken) || ALWAYS.test(broken)))(
    'names the cause and the remedy of %s',
    async (...row) => {
      expectNamed(row, await runDoctor(await row[1]()));
    },
  );

  test('ends at Ctrl-C', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => void sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const place = `127.0.0.1:${address.port}`;
    const doctor = startServer(['doctor'], { DATABRICKS_HOST: `http://${place}`, DATABRICKS_TOKEN: 'not-a-token' });
    // It waits for an answer that never comes.
    await once(server, 'connection');
    doctor.kill('SIGINT');
    const { code, signal } = await doctor.exited;
    for (const socket of sockets) socket.destroy();
    server.close();
    expect(code === 130 || signal === 'SIGINT').toBe(true);
    expect(doctor.stdout()).toBe('');
  });

  test('is not needed to name a Node that is too old to start it', async () => {
    const old = { NODE_OPTIONS: '--import data:text/javascript,delete%20process.getBuiltinModule' };
    for (const args of [[], ['doctor']]) {
      const program = startServer(args, old);
      expect((await program.exited).code).toBe(1);
      expect(program.stderr()).toMatch(
        /^databricks-serving-mcp needs Node 20\.18\.1, 22\.3 or later, and \S+ is v[\d.]+\n$/,
      );
      expect(program.stdout()).toBe('');
    }
  });

  test('refuses a wrong command line before it looks at anything', async () => {
    for (const [args, words] of [
      [['doctor', '--jsn'], 'did you mean "--json"?'],
      [['doctor', '--sandbox', '--profile', 'dev'], 'cannot be used with --sandbox'],
      [['docter'], 'did you mean "doctor"?'],
    ] as const) {
      const program = startServer([...args]);
      expect((await program.exited).code).toBe(2);
      expect(program.stderr()).toContain(words);
      expect(program.stdout()).toBe('');
    }
  });
});
