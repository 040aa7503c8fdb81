/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: the edits are source text */
/** The guards of the dashboard. */
import type { Mutant } from './list.ts';

const GATE = ['test/dashboard/gate.test.ts'];
const SESSIONS = ['test/dashboard/sessions.test.ts'];
const SERVER = ['test/dashboard/server.test.ts'];
const REPORT = ['test/dashboard/saved-report.test.ts'];

export const dashboard: Mutant[] = [
  {
    guard: 'the dashboard goes by its own name alone',
    edits: [['if (!isHost(host, [`127.0.0.1:${port}`, `localhost:${port}`]))', "if (host === '')"]],
    files: GATE,
    named: 'a page could lead itself here by DNS',
  },
  {
    guard: 'the dashboard is called by a page of its own origin',
    edits: [
      [
        'if (origin?.toLowerCase() !== `http://${host.toLowerCase()}`)',
        "if (origin !== undefined && origin === 'null')",
      ],
    ],
    files: GATE,
    named: 'is a page of another origin|is there: a browser sends one',
  },
  {
    guard: 'a request without an origin does not pass for the page of the dashboard',
    edits: [
      [
        'if (origin?.toLowerCase() !== `http://${host.toLowerCase()}`)',
        'if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)',
      ],
    ],
    files: GATE,
    named: 'is there: a browser sends one',
  },
  {
    guard: 'a form of another page cannot call the dashboard',
    edits: [['typeProblem(head) ?? lengthProblem(head, maxBody)', 'lengthProblem(head, maxBody)']],
    files: GATE,
    named: 'a form of another page could send',
  },
  {
    guard: 'the secret of the dashboard works once',
    edits: [['      offered = undefined;\n      const token', '      const token']],
    files: SESSIONS,
    named: 'works once',
  },
  {
    guard: 'the secret of the dashboard is compared as a whole',
    edits: [
      [
        'offered === undefined || !timingSafeEqual(digestOf(secret), offered)',
        'offered === undefined || digestOf(secret)[40] !== offered[40]',
      ],
    ],
    files: SESSIONS,
    named: 'is no other text',
  },
  {
    guard: 'wrong secrets of the dashboard are few',
    edits: [['if (wrong.length >= TRIES) {', 'if (wrong.length > 1_000) {']],
    files: SESSIONS,
    named: 'can be guessed ten times',
  },
  {
    guard: 'a call of the dashboard needs the token of a session',
    edits: [["if (session === undefined && (to === 'call' || token !== undefined)) return deny(UNKNOWN);", '']],
    files: SERVER,
    named: 'without a token|with a wrong token',
  },
  {
    guard: 'the page calls only the tools of its views',
    edits: [['  if (allowed.includes(tool)) return undefined;', "  if (tool !== 'roll_out') return undefined;"]],
    files: SERVER,
    named: 'the page draws nothing of it',
  },
  {
    guard: 'the page changes nothing unless a person allowed it',
    edits: [['return changes ? [...READS, ...CHANGES] : READS;', 'return [...READS, ...CHANGES];']],
    files: SERVER,
    named: 'are hidden and refused',
  },
  {
    guard: 'no page may frame that of the dashboard',
    edits: [["`${policy}; frame-ancestors 'none'`", 'policy']],
    files: SERVER,
    named: 'no page may frame it',
  },
  {
    guard: 'calls end when their page goes',
    edits: [["response.once('close', () => gone.abort(new Error('the page has gone')));", '']],
    files: SERVER,
    named: 'ends its calls, and makes room',
  },
  {
    guard: 'the stop waits for a change of the page',
    edits: [
      [
        '  await Promise.race([calls.settled(), pause(ms, undefined, { signal: over.signal }).catch(() => {})]);',
        '  await Promise.resolve(ms);',
      ],
    ],
    files: SERVER,
    named: 'waits for a change that is under way|names a change that does not end',
  },
  {
    guard: 'a saved report passes the redaction',
    edits: [['isObject(answer) ? sanitize(answer) : undefined', 'isObject(answer) ? answer : undefined']],
    files: REPORT,
    named: 'has no secrets',
  },
  {
    guard: '--allow-changes does not lift --read-only',
    edits: [['if (allowChanges && readOnly !== undefined)', 'if (allowChanges && file !== undefined)']],
    files: ['test/config.test.ts'],
    named: 'does not lift --read-only',
  },
];
