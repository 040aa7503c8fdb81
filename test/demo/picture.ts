/** The picture of the README: three steps of the demo, played on the built server and drawn as SVG. The text stays text, so it can be read and searched. */
import { startAgent } from './agent.ts';
import { create, failedSwap, swap } from './demo.ts';
import type { Printer } from './print.ts';

interface Line {
  kind: 'command' | 'step' | 'call' | 'field' | 'error' | 'fact';
  text: string;
}

/** Fields that a picture has room for. Their values are the same in every run. */
const SHOWN: Record<string, readonly string[]> = {
  wait_for_endpoint: ['outcome', 'serving'],
  swap_version: ['outcome', 'serving', 'alias', 'error'],
  get_logs: ['lines'],
};
/** The other calls are left out. */
const isShown = (tool: string) => tool in SHOWN || tool === 'create_endpoint';

/** Minutes of the sandbox in a second. The usual pace of one takes 20 seconds; the answers are the same. */
const PACE = '20';

/** Plays the steps and keeps the lines that belong in the picture. Needs the built server. */
export async function play(): Promise<Line[]> {
  const lines: Line[] = [{ kind: 'command', text: '$ npm run demo' }];
  let tool = '';
  const add = (kind: Line['kind'], text: string) => lines.push({ kind, text });
  const print: Printer = {
    title() {},
    progress() {},
    note() {},
    fail() {},
    wholeCall() {},
    step: (text) => add('step', text.replace(/^\d+\. /, '')),
    fact: (text) => add('fact', `✓ ${text}`),
    call(name, args) {
      tool = name;
      if (isShown(name)) add('call', `→ ${name} ${JSON.stringify(args)}`);
    },
    result(value) {
      for (const field of SHOWN[tool] ?? []) {
        if (field in value) add(field === 'error' ? 'error' : 'field', `  ${field}: ${short(value[field])}`);
      }
    },
  };
  const agent = await startAgent(['--sandbox', '--sandbox-minutes-per-second', PACE], print);
  try {
    await create(agent, print);
    await swap(agent, print);
    await failedSwap(agent, print);
  } finally {
    await agent.close();
  }
  return lines;
}

/** Of an error its message, of a log its last line, without the id of the replica, which differs from run to run. */
function short(value: unknown): string {
  if (Array.isArray(value)) return String(value.at(-1)).replace(/^\[\w+\] /, '');
  if (typeof value !== 'object' || value === null) return String(value);
  return 'message' in value ? String(value.message) : JSON.stringify(value);
}

const COLUMNS = 96;
/** In pixels. A character of the usual monospaced fonts is at most 0.602 of the font size wide. */
const FONT = 13;
const CHARACTER = 0.605 * FONT;
const LINE = 19;
const MARGIN = 20;

/** A card with a ground of its own, so that it can be read on any page; the colours follow the reader's setting. */
const STYLE = `
  .card{fill:#fff;stroke:#d0d7de}
  text{font:${FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328;white-space:pre}
  .command,.field{fill:#59636e}.step{font-weight:bold}.call{fill:#0550ae}.error{fill:#b3202a}.fact{fill:#116329}
  @media(prefers-color-scheme:dark){
    .card{fill:#0d1117;stroke:#3d444d}
    text{fill:#e6edf3}
    .command,.field{fill:#9198a1}.call{fill:#79c0ff}.error{fill:#ff7b72}.fact{fill:#56d364}
  }`;

/** The lines as an SVG document, one `<text>` for each row. */
export function draw(lines: readonly Line[]): string {
  const width = Math.ceil(COLUMNS * CHARACTER + 2 * MARGIN);
  const texts: string[] = [];
  let y = MARGIN + FONT;
  for (const { kind, text } of lines) {
    if (kind === 'step') y += LINE / 2;
    for (const row of wrap(text)) {
      texts.push(`<text class="${kind}" x="${MARGIN}" y="${y}" xml:space="preserve">${escaped(row)}</text>`);
      y += LINE;
    }
  }
  const height = Math.ceil(y - LINE + MARGIN);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">`,
    '<title id="title">The demo creates an endpoint, swaps its version under load, and survives a version that does not load</title>',
    `<style>${STYLE}\n</style>`,
    `<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    ...texts,
    '</svg>',
    '',
  ].join('\n');
}

/** Rows of at most {@link COLUMNS}; those after the first are indented. */
function wrap(text: string): string[] {
  const rows: string[] = [];
  let rest = text;
  while (rest.length > COLUMNS) {
    const space = rest.lastIndexOf(' ', COLUMNS);
    const at = space > 6 ? space : COLUMNS;
    rows.push(rest.slice(0, at));
    rest = `      ${rest.slice(at).trimStart()}`;
  }
  return [...rows, rest];
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
