/** The doctor in a home folder of its own: as the built program, or in this process. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type DoctorEnvironment, doctor } from '../../src/doctor/index.ts';
import type { Limits } from '../../src/doctor/limit.ts';
import { asText, MAX_LINES, type Report } from '../../src/doctor/report.ts';
import { startServer } from '../wire/server-process.ts';

export interface Given {
  /** Options of the doctor. */
  args?: string[];
  env?: Record<string, string>;
  /** Files by their path below the home folder. */
  files?: Record<string, string>;
}

const homes: string[] = [];

/** Removes the home folders, for `afterAll`. */
export function removeHomes(): void {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
}

/** A folder with these files. */
export function makeHome(files: Record<string, string>): string {
  return prepare({ files }).home;
}

/** `HOME/` in arguments, variables and files stands for the home folder. */
function prepare({ args = [], env = {}, files = {} }: Given): {
  home: string;
  argv: string[];
  env: Record<string, string>;
} {
  const home = mkdtempSync(join(tmpdir(), 'doctor-'));
  homes.push(home);
  const inHome = (text: string) => text.replaceAll('HOME/', `${home}/`);
  for (const [path, text] of Object.entries(files)) {
    const file = join(home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, inHome(text));
    if (text.startsWith('#!')) chmodSync(file, 0o755);
  }
  const variables = Object.entries({ HOME: home, ...env }).map(([name, value]) => [name, inHome(value)]);
  return { home, argv: ['doctor', '--json', ...args.map(inHome)], env: Object.fromEntries(variables) };
}

/** The report of the built program. */
export async function runDoctor(given: Given): Promise<Examined> {
  const { argv, env } = prepare(given);
  const doctor = startServer(argv, env);
  const { code } = await doctor.exited;
  return checked({ code, report: JSON.parse(doctor.stdout()) });
}

/** Tests at the same time share one thread, so a check may wait long for its turn. Milliseconds. */
const PATIENT: Limits = { total: 50_000, connect: 50_000, answer: 50_000, login: 50_000, local: 50_000 };

/** The same without a process, and with an environment that a test may change. */
export async function examineHere(given: Given, change: Partial<DoctorEnvironment> = {}): Promise<Examined> {
  const { home, argv, env } = prepare(given);
  let printed = '';
  const config = readConfig(argv, env);
  const code = await doctor(
    { ...config, json: true },
    {
      program: {
        name: 'databricks-serving-mcp',
        version: '0.0.0',
        started: '/bin/databricks-serving-mcp',
        file: '/nowhere/server.mjs',
        engines: '>=20.18.1 <21 || >=22.3.0',
      },
      node: process.versions.node,
      env,
      platform: 'linux',
      homeDir: home,
      cwd: home,
      now: Date.now,
      random: Math.random,
      userAgent: 'test/0.0.0',
      trySeed: async () => {},
      print: async (text) => {
        printed += text;
      },
      ...change,
      limits: { ...PATIENT, ...change.limits },
    },
  );
  return checked({ code, report: JSON.parse(printed) });
}

export interface Examined {
  code: number | null;
  report: Report;
}

/** In either form, a report is short. */
function checked(examined: Examined): Examined {
  expect(asText(examined.report).trimEnd().split('\n').length).toBeLessThanOrEqual(MAX_LINES);
  return examined;
}
