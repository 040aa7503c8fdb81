/** Where a server keeps its readings of metrics. It imports nothing, because every server has a place and few calls use it. */

/** Readings next to the journal, or in memory where no journal has a file. */
export interface HistoryPlace {
  /** The folder of the stored readings. Undefined: they stay in memory. */
  folder: string | undefined;
  /** Lines of readings in memory, oldest first. They also take what the folder could not. */
  lines: string[];
  /** Characters of these lines. */
  size: number;
  /** Characters that these lines may have. Above it, the oldest are dropped. */
  most: number;
  /** By file: when the newest reading of this server was taken. One that is taken twice is stored once. */
  newest: Map<string, number>;
  /** The end of the latest append. Appends of one server follow each other. */
  last: Promise<void>;
  /** By file: why the latest reading was not stored there. */
  failed: Map<string, string>;
  /** By rollout: when its readings failed or had no series, by the clock of the service. */
  unread: Map<string, { at: number; failed: boolean }[]>;
  /** By rollout: when its steps began, for a server without a journal. */
  steps: Map<string, { step: number; from: number }[]>;
}

/** Characters of readings in memory: thousands of readings. 4 MiB. */
const MAX_MEMORY = 4 * 1024 * 1024;

/**
 * @param journal the file of the journal: `changes.jsonl` has its readings in the folder `changes.readings`.
 * @param most characters of readings in memory.
 */
export function historyPlace(journal: string | undefined, most = MAX_MEMORY): HistoryPlace {
  const folder = journal && `${journal.replace(/\.jsonl$/, '')}.readings`;
  return {
    folder,
    lines: [],
    size: 0,
    most,
    newest: new Map(),
    last: Promise.resolve(),
    failed: new Map(),
    unread: new Map(),
    steps: new Map(),
  };
}
