/** The entry of the page: it meets its host, and draws what the host says. */
import { h, render } from 'preact';
import { App, type Said } from './app.ts';
import { connectChat } from './host/chat.ts';
import { connectFile } from './host/file.ts';
import { type Host, type HostListener, type Look, VIEW_NAMES } from './host/host.ts';
import { connectPage } from './host/page.ts';

const root = document.documentElement;
const { view, host: kind, version = 'unknown' } = root.dataset;
const start = VIEW_NAMES.find((each) => each === view) ?? 'workspace';

let said: Said = {
  host: undefined,
  failure: undefined,
  begun: undefined,
  answer: undefined,
  cancelled: undefined,
  look: {},
};
function tell(news: Partial<Said>): void {
  said = { ...said, ...news };
  render(h(App, { start, said }), document.body);
}

const listener: HostListener = {
  begun: (args) => tell({ begun: args, cancelled: undefined }),
  answered: (answer) => tell({ answer, begun: undefined, cancelled: undefined }),
  cancelled: (reason) => tell({ cancelled: reason ?? '', begun: undefined }),
  look(look) {
    const merged = { ...said.look, ...look };
    dress(merged);
    tell({ look: merged });
  },
};

const dark = matchMedia('(prefers-color-scheme: dark)');
dark.addEventListener('change', () => dress(said.look));

/** Without a word of the host, the page follows the system. */
function dress({ theme, font, locale }: Look): void {
  root.dataset.theme = theme ?? (dark.matches ? 'dark' : 'light');
  if (font !== undefined) root.style.setProperty('--font', font);
  if (locale !== undefined) root.lang = locale;
}

async function connect(): Promise<Host> {
  const surroundings = { now: Date.now, version };
  if (kind === 'page') return connectPage(listener, surroundings);
  const given = document.getElementById('given')?.textContent;
  return kind === 'file' ? connectFile(listener, JSON.parse(given ?? 'null')) : connectChat(listener, surroundings);
}

dress({});
tell({});
connect().then(
  (host) => tell({ host }),
  (error: unknown) => tell({ failure: error instanceof Error ? error.message : String(error) }),
);
