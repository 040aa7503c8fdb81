/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: the edits are source text */
/** The guards of the views: what their page may run, and who gets one. */
import type { Mutant } from './list.ts';

const PAGE = ['test/mcp/view-page.test.ts'];
const APPS = ['test/mcp/views.test.ts'];
const READERS = ['test/views/readers.test.ts', 'test/views/any-answer.test.ts'];

export const viewing: Mutant[] = [
  {
    guard: 'data of a page cannot end their element',
    edits: [["JSON.stringify(value).replaceAll('<', '\\\\u003c')", 'JSON.stringify(value)']],
    files: PAGE,
    named: 'cannot end their element',
  },
  {
    guard: 'a page runs its own script alone',
    edits: [["`script-src '${hashOf(script)}'`", '"script-src \'unsafe-inline\'"']],
    files: PAGE,
    named: 'by their content, and nothing else',
  },
  {
    guard: 'a page of a chat and a file have no network',
    edits: [['...(connect ? ["connect-src \'self\'"] : [])', '"connect-src \'self\'"']],
    files: PAGE,
    named: 'by their content, and nothing else',
  },
  {
    guard: 'a script that would end its element fails the build',
    edits: [['<\\/(?:script|style)|<!--', '<!--']],
    files: PAGE,
    named: 'in a part',
  },
  {
    guard: 'a script that would hide the end of its element fails the build',
    edits: [['<\\/(?:script|style)|<!--', '<\\/(?:script|style)']],
    files: PAGE,
    named: 'in a part',
  },
  {
    guard: 'a page over its limit fails the build',
    edits: [['  if (bytes > PAGE_LIMIT)', '  if (bytes < 0)']],
    files: PAGE,
    named: 'larger than its limit',
  },
  {
    guard: 'a view belongs to the tools that this server publishes',
    edits: [['  return VIEW_NAMES.filter((view) => named.has(`${SCHEME}${view}`));', '  return [...VIEW_NAMES];']],
    files: APPS,
    named: 'neither listed nor read',
  },
  {
    guard: 'a host learns that nothing may be loaded or sent',
    edits: [['{ csp: { connectDomains: [], resourceDomains: [] }, prefersBorder: true }', '{ prefersBorder: true }']],
    files: APPS,
    named: 'the policy that a host reviews',
  },
  {
    guard: 'a text is no number in a view',
    edits: [
      [
        "  return typeof value === 'number' && Math.abs(value) <= LARGEST ? value : undefined;\n",
        '  return Number(value);\n',
      ],
    ],
    files: READERS,
    named: 'nothing is guessed from a text',
  },
  {
    guard: 'a gap of a series stays a gap in a view',
    edits: [['value.map((each) => numberOf(each) ?? null)', 'value.map((each) => numberOf(each) ?? 0)']],
    files: READERS,
    named: 'gaps stay gaps',
  },
  {
    guard: 'an unknown status is not good in a view',
    edits: [["? 'busy' : 'plain';\n}\n\n/** Verdicts", "? 'busy' : 'good';\n}\n\n/** Verdicts"]],
    files: READERS,
    named: 'neither good nor bad',
  },
  {
    guard: 'a view counts what it cannot read',
    edits: [['value.length - rowsOf(value).length', '0 * value.length']],
    files: READERS,
    named: 'could not be read',
  },
  {
    guard: 'a view says what an answer left out',
    edits: [['...(omitted === undefined ? [] : [`${omitted} more findings are not in this answer.`]),', '']],
    files: READERS,
    named: 'says what the answer left out',
  },
  {
    guard: 'a button sends nothing that would be refused',
    edits: [["  if (refused) return { step: 'failed', ...refused };\n", '']],
    files: READERS,
    named: 'is not offered when it would be refused',
  },
  {
    guard: 'a view agrees only to what was shown, by its fingerprint',
    edits: [['confirm: name, if_fingerprint: fingerprint }', 'confirm: name }']],
    files: READERS,
    named: 'by the fingerprint of what was shown',
  },
  {
    guard: 'a view agrees to nothing in a form that it does not know',
    edits: [
      [
        '  if (name === undefined || fingerprint === undefined)\n',
        '  if (name === undefined && fingerprint === undefined)\n',
      ],
    ],
    files: READERS,
    named: 'in a form that is not known',
  },
];
