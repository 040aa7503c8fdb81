/** Interleaved timing and the table of results. */

/** One line of the table. A measure without a limit is only reported. */
export interface Row {
  what: string;
  measured: string;
  /** The baseline, measured in the same run. */
  baseline: string;
  /** The judged number: a ratio, a count, a share. */
  value: number;
  /** How the judged number is written. */
  shown: string;
  limit?: number;
  shownLimit?: string;
}

/** @returns the middle value, or the mean of the two middle ones. Throws for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)];
  const low = sorted[Math.ceil(middle) - 1];
  if (high === undefined || low === undefined) throw new Error('no values, no median');
  return (low + high) / 2;
}

/**
 * Runs each subject once a round, so that what slows the machine down for a while meets all of them alike.
 * @param warmup rounds that do not count.
 * @returns the median of each subject, milliseconds.
 */
export async function interleaved<Name extends string>(
  subjects: Record<Name, () => Promise<number>>,
  rounds: number,
  warmup: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(subjects) as Name[]; // the keys of a record are its names
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds + warmup; round++) {
    // Each round begins with another subject: none always follows the same one.
    for (const [index] of names.entries()) {
      const name = names[(index + round) % names.length];
      if (name === undefined) continue;
      const took = await subjects[name]();
      if (round >= warmup) times.get(name)?.push(took);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name) ?? [])])) as Record<Name, number>;
}

/** @returns the time that `run` took, milliseconds. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

export function ratioRow(what: string, ms: number, name: string, baselineMs: number, limit: number): Row {
  const value = ms / baselineMs;
  return {
    what,
    measured: milliseconds(ms),
    baseline: `${name}: ${milliseconds(baselineMs)}`,
    value,
    shown: `${value.toFixed(2)} ×`,
    limit,
    shownLimit: `≤ ${limit} ×`,
  };
}

export function milliseconds(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}

export function missed(row: Row): boolean {
  return row.limit !== undefined && row.value > row.limit;
}

const HEAD = ['Measure', 'Measured', 'Baseline of the same run', 'Result', 'Limit'];

function cells(row: Row): string[] {
  return [row.what, row.measured, row.baseline, row.shown, row.shownLimit ?? ''];
}

/** The table of test/README.md. */
export function markdown(rows: readonly Row[]): string {
  const line = (texts: string[]) => `| ${texts.join(' | ')} |`;
  return [line(HEAD), line(HEAD.map(() => '---')), ...rows.map((row) => line(cells(row)))].join('\n');
}

/** The table of a terminal, with a mark at each missed limit. */
export function plain(rows: readonly Row[]): string {
  const all = [HEAD, ...rows.map((row) => cells(row).map((cell) => cell.replaceAll('`', '')))];
  const widths = HEAD.map((_, column) => Math.max(...all.map((texts) => texts[column]?.length ?? 0)));
  const line = (texts: string[]) => texts.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ');
  return all
    .map((texts, index) => {
      const row = rows[index - 1];
      return `${row && missed(row) ? '✗' : ' '} ${line(texts)}`.trimEnd();
    })
    .join('\n');
}
