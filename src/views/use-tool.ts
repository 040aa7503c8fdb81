/** Reads a tool through the host, again and again, and keeps the last good answer when a later one fails. */
import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { Answer, Data, Host } from './host/host.ts';
import { type Failure, failureOf } from './read/failure.ts';

export const HostContext = createContext<Host | undefined>(undefined);

export function useHost(): Host | undefined {
  return useContext(HostContext);
}

export interface Reading {
  /** The last answer that is no refusal. */
  answer: Answer | undefined;
  /** Why the newest call gave no such answer. */
  failure: Failure | undefined;
  busy: boolean;
  /** The host lets the page call the tool. */
  offered: boolean;
  refresh(): void;
}

export interface ReadOptions {
  /** Seconds between two calls. Without it, the tool is called once. A page that no one sees makes none. */
  every?: number | undefined;
  /** An answer that the page has already. It is shown until the first own one arrives. */
  first?: Answer | undefined;
  /** The first answer is to these very arguments, so the first own call waits its turn. */
  isComplete?: boolean;
  /** If false, nothing is called. */
  when?: boolean;
}

interface State {
  key: string;
  answer: Answer | undefined;
  failure: Failure | undefined;
  busy: boolean;
}

/** @param args must be the same in each rendering, as far as JSON shows. */
export function useTool(tool: string, args: Data, options: ReadOptions = {}): Reading {
  const host = useHost();
  const { every, first, isComplete = false, when = true } = options;
  const offered = host?.offers(tool) === true;
  const key = JSON.stringify([tool, args]);
  const [state, setState] = useState<State>({ key, answer: undefined, failure: undefined, busy: false });
  const [asked, setAsked] = useState(0);
  const done = useRef('');
  const active = offered && when;
  // Another pause is no reason for another call.
  const pause = useRef(every);
  pause.current = every;
  const repeats = every !== undefined;
  const wanted = `${asked} ${key}`;

  useEffect(() => {
    if (!host || !active) return;
    const end = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = () => {
      const { current: seconds } = pause;
      if (seconds !== undefined && !end.signal.aborted) timer = setTimeout(() => void read(), seconds * 1_000);
    };
    async function read(): Promise<void> {
      if (document.hidden) return later();
      setState((old) => ({ ...(old.key === key ? old : { key, answer: undefined, failure: undefined }), busy: true }));
      let answer: Answer | undefined;
      let failure: Failure | undefined;
      try {
        const found = await host?.call(tool, args, end.signal);
        // A tool that is not published here is no failure.
        if (found?.failed) failure = host?.offers(tool) ? failureOf(found.data) : undefined;
        else answer = found;
      } catch (error) {
        failure = { message: error instanceof Error ? error.message : String(error) };
      }
      if (end.signal.aborted) return;
      done.current = wanted;
      setState((old) => ({
        key,
        answer: answer ?? (old.key === key ? old.answer : undefined),
        failure,
        busy: false,
      }));
      later();
    }
    if (done.current === wanted || (asked === 0 && first && isComplete)) later();
    else void read();
    return () => {
      end.abort();
      clearTimeout(timer);
    };
  }, [host, active, wanted, repeats]);

  const own = state.key === key ? state : undefined;
  return {
    answer: newer(own?.answer, first),
    failure: own?.failure,
    busy: own?.busy ?? false,
    offered,
    refresh: () => setAsked((count) => count + 1),
  };
}

/** The host may show a later answer than the page has read. */
function newer(own: Answer | undefined, first: Answer | undefined): Answer | undefined {
  return own && first ? (first.at > own.at ? first : own) : (own ?? first);
}
