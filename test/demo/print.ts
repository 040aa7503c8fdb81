/** How the demo shows what an agent sees: each call, its progress, its result. Colour and a moving bar only on a terminal. */

/** The part of a terminal or pipe that is used. */
export interface Screen {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

export interface Printer {
  title(text: string): void;
  step(text: string): void;
  call(tool: string, args: Record<string, unknown>): void;
  /** The same in full, on several lines where one is too short, so that a reader can copy it. */
  wholeCall(tool: string, args: Record<string, unknown>): void;
  /** @param share 0 to 1, when known; a pipe gets one line for each new message, a terminal one line that moves. */
  progress(message: string, share: number | undefined): void;
  result(value: Record<string, unknown>): void;
  /** A statement that has just been verified. */
  fact(text: string): void;
  note(text: string): void;
  fail(text: string): void;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
/** An agent gets all of a result; a reader has seen enough after this many items of a list and lines of a text. */
const MAX_ITEMS = 6;
const MAX_LINES = 3;
const BAR_WIDTH = 24;

/** @param env `NO_COLOR`, when set to anything, switches the colours off (no-color.org). */
export function printer(screen: Screen, env: Record<string, string | undefined>): Printer {
  const live = screen.isTTY === true;
  const coloured = live && !env.NO_COLOR;
  const width = Math.min(Math.max(screen.columns ?? 150, 60), 160);
  let moving = false;
  let lastMessage = '';

  const paint = (code: keyof typeof CODES, text: string) =>
    coloured ? `\u001b[${CODES[code]}m${text}\u001b[0m` : text;

  function line(text = ''): void {
    if (moving) screen.write('\r\u001b[K');
    moving = false;
    lastMessage = '';
    screen.write(`${text}\n`);
  }

  return {
    title: (text) => line(paint('bold', text)),
    step: (text) => line(`\n${paint('bold', text)}`),
    call: (tool, args) =>
      line(`${paint('cyan', `→ ${tool}`)} ${paint('dim', cutTo(JSON.stringify(args), width - tool.length - 3))}`),
    wholeCall(tool, args) {
      const [first, ...more] = membersOf(JSON.stringify(args), width - tool.length - 3, width - 4);
      line(`${paint('cyan', `→ ${tool}`)} ${paint('dim', first ?? '')}`);
      for (const each of more) line(paint('dim', `    ${each}`));
    },
    progress(message, share) {
      const done = Math.round(Math.min(Math.max(share ?? 0, 0), 1) * BAR_WIDTH);
      const bar = share === undefined ? '…' : `${'█'.repeat(done)}${'░'.repeat(BAR_WIDTH - done)}`;
      const text = cutTo(`  ${bar} ${message.replaceAll('\n', ' ')}`, width - 1);
      if (live) {
        screen.write(`\r\u001b[K${paint('yellow', text)}`);
        moving = true;
      } else if (message !== lastMessage) {
        line(text);
        lastMessage = message;
      }
    },
    result(value) {
      for (const [key, inner] of Object.entries(value)) {
        const [first, ...more] = lines(inner, width - 4 - key.length, width - 6);
        line(`  ${paint(key === 'error' ? 'red' : 'dim', `${key}:`)} ${first ?? ''}`.trimEnd());
        for (const each of more) line(`      ${each}`);
      }
    },
    fact: (text) => line(`${paint('green', '✓')} ${text}`),
    note: (text) => line(paint('dim', `  ${text}`)),
    fail: (text) => line(`${paint('red', '✗')} ${text}`),
  };
}

/** JSON as lines, each of which ends behind a member. */
function membersOf(json: string, firstWidth: number, width: number): string[] {
  const found: string[] = [];
  let rest = json;
  for (let room = firstWidth; rest.length > room; room = width) {
    const end = Math.max(rest.lastIndexOf(',"', room - 1), rest.lastIndexOf(',{', room - 1)) + 1;
    if (end === 0) break;
    found.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...found, rest];
}

/** One value as lines: what is short stays on the line of its name; of a list or a long object each member gets its own. */
function lines(value: unknown, firstWidth: number, width: number): string[] {
  const text = plain(value);
  if (Array.isArray(value) && value.length > 0) {
    const shown = value.slice(0, MAX_ITEMS).flatMap((item) => wrap(plain(item), width));
    return ['', ...shown, ...(value.length > MAX_ITEMS ? [`… ${value.length - MAX_ITEMS} more`] : [])];
  }
  if (text.length <= firstWidth) return [text];
  if (typeof value === 'object' && value !== null) {
    return ['', ...Object.entries(value).flatMap(([key, inner]) => wrap(`${key}: ${plain(inner)}`, width))];
  }
  return wrap(text, firstWidth);
}

function wrap(text: string, width: number): string[] {
  const wrapped: string[] = [];
  for (let rest = text; rest !== ''; ) {
    if (wrapped.length === MAX_LINES - 1) return [...wrapped, cutTo(rest, width)];
    // JSON has no spaces, so a comma ends a row too.
    const end = Math.max(rest.lastIndexOf(' ', width), rest.lastIndexOf(',', width - 1) + 1);
    const at = rest.length <= width ? rest.length : end > 0 ? end : width;
    wrapped.push(rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  return wrapped;
}

function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
  return text.replaceAll('\n', ' ⏎ ');
}

function cutTo(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
