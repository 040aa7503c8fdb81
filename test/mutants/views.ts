/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: the edits are source text */
/** The guards of the views: what their page may run, and who gets one. */
import type { Mutant } from './list.ts';

const PAGE = ['test/mcp/view-page.test.ts'];
const APPS = ['test/mcp/views.test.ts'];

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
];
