/** The contract check in this process, against a host. */
import { contract } from '../../src/doctor/contract.ts';
import type { NewFiles } from '../../src/doctor/contract-file.ts';
import type { Group, Place } from '../../src/doctor/contract-groups.ts';
import { createHttp } from '../../src/rest/http.ts';

export interface ContractReport {
  requests: number;
  summary: { confirmed: number; different: number; not_reached: number; not_judged: number; places: number };
  /** Every place, ungrouped. */
  differences: (Place & { sandbox: string })[];
  groups: Group[];
  different: { id: string }[];
  not_reached: { id: string; why: string; says: string }[];
  confirmed: { id: string }[];
  endpoints: { name: string; kind: string }[];
}

export interface Compared {
  code: number;
  stdout: string;
  stderr: string;
  report: ContractReport;
  /** Pauses that were asked for, in milliseconds. */
  pauses: number[];
}

export interface Given {
  json?: boolean;
  reportFile?: string;
  files?: Map<string, string>;
  /** In the place of `files`. */
  disk?: NewFiles;
  /** Milliseconds that each reading of the clock takes. */
  tick?: number;
  patience?: number;
}

/** Runs the check as its command does. Pauses take no time. */
export async function compare(host: string, token: string, given: Given = {}): Promise<Compared> {
  const { json = true, files = new Map<string, string>(), tick = 0, patience } = given;
  let time = Date.UTC(2026, 10, 27);
  const now = () => {
    time += tick;
    return time;
  };
  const pauses: number[] = [];
  const http = createHttp({
    credentials: async () => ({
      host,
      authType: 'pat',
      headers: async () => ({ authorization: `Bearer ${token}` }),
      bearer: async () => token,
      invalidate: () => false,
    }),
    now,
    random: Math.random,
    sleep: async () => undefined,
    userAgent: 'test/0.0.0',
    log: () => undefined,
  });
  let stdout = '';
  let stderr = '';
  try {
    const code = await contract({
      http,
      signal: new AbortController().signal,
      version: '1.2.3',
      json,
      reportFile: given.reportFile,
      files: given.disk ?? {
        refusal: async (path) => (files.has(path) ? 'the file exists already.' : undefined),
        create: async (path, text) => void files.set(path, text),
      },
      print: async (text) => {
        stdout += text;
      },
      log: () => undefined,
      say(line) {
        stderr += `${line}\n`;
      },
      ...(patience === undefined ? {} : { patience }),
      now,
      // The same names each time, so that a recorded answer fits.
      random: () => 0.4,
      sleep: async (ms) => void pauses.push(ms),
    });
    const report = json && stdout !== '' ? JSON.parse(stdout) : undefined;
    const groups: Group[] = report?.differences ?? [];
    const differences = groups.flatMap(({ sandbox, places }) => places.map((place) => ({ ...place, sandbox })));
    return { code, stdout, stderr, pauses, report: report && { ...report, groups, differences } };
  } finally {
    await http.close();
  }
}
