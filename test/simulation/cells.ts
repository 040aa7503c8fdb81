/** The cells of the simulation: what is simulated, how each rule ends, and which of the promised numbers hold. */
import { argo, flagger, ours, type Result, type Rule } from './rules.ts';
import { type Cell, FAULTS, type Traffic, traffic, trafficByRequest } from './traffic.ts';

export const RATES = [5, 20, 100, 200, 500, 5_000];
export const BASES = [0, 0.001, 0.005, 0.02];
/** Rollouts of a cell. */
export const SEEDS = 2_000;
/** The cell that is also simulated request by request. */
export const CHECKED: Cell = { perMinute: 200, base: 0.005, fault: '+4 points 5xx' };

export const CELLS: readonly Cell[] = FAULTS.flatMap((fault) =>
  RATES.flatMap((perMinute) => BASES.map((base) => ({ perMinute, base, fault }))),
);

/** How the rollouts of one rule ended. */
export interface Ends {
  promoted: number;
  rolledBack: number;
  held: number;
  /** Median of the requests that failed because of the new version. */
  excess: number;
  /** Median of the time, in minutes. */
  minutes: number;
}

export interface CellResult {
  cell: Cell;
  seeds: number;
  ours: Ends;
  argo: Ends;
  flagger: Ends;
}

/** Simulates one cell with the seeds 1, 2, 3 … */
export function simulate(cell: Cell, seeds: number, make: (cell: Cell, seed: number) => Traffic = traffic): CellResult {
  const endsOf = (rule: Rule) => summary(Array.from({ length: seeds }, (_, at) => rule(make(cell, at + 1))));
  return { cell, seeds, ours: endsOf(ours), argo: endsOf(argo), flagger: endsOf(flagger) };
}

/** The same cell, request by request. */
export function simulateByRequest(cell: Cell, seeds: number): CellResult {
  return simulate(cell, seeds, trafficByRequest);
}

function summary(results: readonly Result[]): Ends {
  const count = (end: Result['end']) => results.filter((each) => each.end === end).length;
  return {
    promoted: count('promoted'),
    rolledBack: count('rolled back'),
    held: count('held'),
    excess: median(results.map(({ excess }) => excess)),
    minutes: median(results.map(({ minutes }) => minutes)),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** At most 12 of 2,000, scaled to the number of rollouts. */
const FEW = 12 / 2_000;

/** The promised numbers that do not hold in a cell. @param healthy the cell of the same traffic without a fault. */
export function missed({ cell, seeds, ours, flagger }: CellResult, healthy: CellResult | undefined): string[] {
  const { perMinute, fault } = cell;
  const few = Math.floor(FEW * seeds);
  if (fault === 'healthy')
    return [
      ours.rolledBack > few && `${ours.rolledBack} healthy versions rolled back`,
      perMinute >= 100 && ours.promoted < 0.95 * seeds && `only ${ours.promoted} healthy versions promoted`,
    ].flatMap((each) => each || []);
  const spares = healthy !== undefined && healthy.flagger.rolledBack <= 0.05 * healthy.seeds;
  return [
    ours.promoted > few && `${ours.promoted} bad versions promoted`,
    perMinute >= 200 && ours.rolledBack < 0.95 * seeds && `only ${ours.rolledBack} bad versions rolled back`,
    spares && 2 * ours.excess > flagger.excess && `${ours.excess} failed requests, and Flagger has ${flagger.excess}`,
  ].flatMap((each) => each || []);
}

/** The results as a table in Markdown. */
export function table(results: readonly CellResult[]): string {
  const percent = (count: number, seeds: number) => `${Number(((100 * count) / seeds).toFixed(1))}`;
  const ends = ({ promoted, rolledBack, held }: Ends, seeds: number) =>
    [promoted, rolledBack, held].map((each) => percent(each, seeds)).join(' / ');
  const rows = results.map(({ cell, seeds, ours, flagger, argo }) => {
    const excess = cell.fault === '+4 points 5xx' ? `${ours.excess} / ${flagger.excess} / ${argo.excess}` : '';
    return `| ${cell.fault} | ${cell.perMinute.toLocaleString('en')} | ${100 * cell.base} % | ${ends(ours, seeds)} | ${ends(flagger, seeds)} | ${ends(argo, seeds)} | ${excess} |`;
  });
  return [
    '| version | requests a minute | base errors | ours: promoted / rolled back / held, % | Flagger | Argo | failed requests: ours / Flagger / Argo |',
    '|---|---:|---:|---:|---:|---:|---:|',
    ...rows,
  ].join('\n');
}
