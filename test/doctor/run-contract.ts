/** The contract check in this process, against a host. */
import { contract } from '../../src/doctor/contract.ts';
import { createHttp } from '../../src/rest/http.ts';

export interface ContractReport {
  requests: number;
  summary: { confirmed: number; different: number; not_reached: number; not_judged: number };
  differences: {
    route: string;
    pointer: string;
    sandbox: string;
    service: string;
    row?: string;
    about: string[];
    answers: number;
  }[];
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
      files: { exists: async (path) => files.has(path), create: async (path, text) => void files.set(path, text) },
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
    return { code, stdout, stderr, pauses, report: json && stdout !== '' ? JSON.parse(stdout) : undefined };
  } finally {
    await http.close();
  }
}
