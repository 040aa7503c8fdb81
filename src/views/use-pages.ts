/** Reads all pages of a tool through the host, one after the other, and shows each as it comes. */
import { useEffect, useState } from 'preact/hooks';
import type { Answer, Data } from './host/host.ts';
import { type Failure, failureOf } from './read/failure.ts';
import { textOf } from './read/fields.ts';
import { useHost } from './use-tool.ts';

export interface Pages {
  /** The answers in order. While a new round reads, those of the last one stay until it has as many. */
  answers: Answer[];
  /** All pages of the newest round are here. */
  complete: boolean;
  failure: Failure | undefined;
  busy: boolean;
  offered: boolean;
  refresh(): void;
}

export interface PagesOptions {
  /** A first page that the page has already. The others follow it. */
  first?: Answer | undefined;
  when?: boolean;
}

/** A workspace has at most some thousand endpoints. A list that never ends must not be read for ever. */
const MAX_PAGES = 200;

const NOTHING = { answers: [] as Answer[], complete: false, failure: undefined as Failure | undefined, busy: false };

/** @param args of the first page. The cursor is added for each later one. */
export function usePages(tool: string, args: Data, { first, when = true }: PagesOptions = {}): Pages {
  const host = useHost();
  const offered = host?.offers(tool) === true;
  const active = offered && when;
  const key = JSON.stringify([tool, args]);
  const [state, setState] = useState(NOTHING);
  const [asked, setAsked] = useState(0);
  const isGiven = first !== undefined && asked === 0;

  useEffect(() => {
    if (!host || !active) return;
    const end = new AbortController();
    async function read(): Promise<void> {
      const answers: Answer[] = isGiven && first ? [first] : [];
      const show = (more: Partial<typeof NOTHING>) => {
        if (end.signal.aborted) return;
        setState((old) => ({
          ...old,
          answers: answers.length >= old.answers.length || more.complete ? [...answers] : old.answers,
          ...more,
        }));
      };
      show({ busy: true, failure: undefined, complete: false });
      try {
        for (let page = answers.length; page < MAX_PAGES; page++) {
          const last = answers.at(-1);
          const cursor = last && textOf(last.data.next_cursor);
          if (last && cursor === undefined) return show({ busy: false, complete: true });
          const answer = await host?.call(tool, cursor === undefined ? args : { ...args, cursor }, end.signal);
          if (!answer) return;
          if (answer.failed)
            return show({ busy: false, failure: host?.offers(tool) ? failureOf(answer.data) : undefined });
          // Cursors that come again would be read for ever.
          const next = textOf(answer.data.next_cursor);
          if (next !== undefined && answers.some(({ data }) => textOf(data.next_cursor) === next))
            return show({ busy: false, failure: { message: 'The list does not move on: the same page came twice.' } });
          answers.push(answer);
          show({});
        }
        show({
          busy: false,
          failure: { message: `The list has more than ${MAX_PAGES} pages, and only these were read.` },
        });
      } catch (error) {
        show({ busy: false, failure: { message: error instanceof Error ? error.message : String(error) } });
      }
    }
    void read();
    return () => end.abort();
  }, [host, active, key, asked, first]);

  const answers = state.answers.length > 0 ? state.answers : first ? [first] : [];
  const isWhole = !active && first !== undefined && textOf(first.data.next_cursor) === undefined;
  return {
    ...state,
    answers,
    complete: state.complete || isWhole,
    offered,
    refresh: () => setAsked((count) => count + 1),
  };
}
