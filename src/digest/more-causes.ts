/** Finds the causes of a log that its first explanation leaves out: of other replicas, other starts, and other errors of one build. Pure. */
import type { FailureCause } from './failure-cause.ts';
import { isFatal } from './failure-causes.ts';
import { type Explanation, explain, type LogKind } from './key-lines.ts';
import { type LogPart, partsOf } from './log-parts.ts';

const STARTS = /Booting worker|Starting gunicorn|Started server process/;
/** The newest starts of a container. A crash loop repeats the same failure. */
const MAX_STARTS = 12;
/** Lines of one further cause. */
const FEW = 3;

/** What a failed build says after another cause, as its consequence. */
const FOLLOWS: Record<string, readonly string[]> = {
  index_unauthorized: ['package_not_found', 'package_not_on_mirror', 'index_unreachable', 'build_needs_package'],
  index_unreachable: ['package_not_found', 'package_not_on_mirror', 'conda_unreachable', 'build_needs_package'],
  package_needs_other_python: ['package_not_found', 'package_not_on_mirror', 'pip_conflict'],
  package_not_on_mirror: ['package_not_found', 'pip_conflict'],
  package_not_found: ['package_not_on_mirror', 'pip_conflict'],
  artifact_download_failed: ['index_unauthorized'],
  compiler_missing: ['compile_error'],
  cuda_toolkit_missing: ['compile_error'],
  conda_package_not_found: ['conda_unsolvable'],
  conda_unsolvable: ['conda_package_not_found', 'package_not_found'],
  uv_no_solution: ['package_not_found', 'package_needs_other_python', 'package_not_on_mirror', 'wheel_other_platform'],
  poetry_no_solution: ['package_not_found', 'package_needs_other_python'],
};
/** They break whatever runs then. */
const BREAKS_ALL = new Set(['disk_full', 'build_killed']);

/** @param first the explanation of the whole log. @returns other causes, each with its lines. */
export function explainMore(lines: readonly string[], limit: number, kind: LogKind, first: Explanation): Explanation[] {
  if (first.cause === undefined) return [];
  return kind === 'build' ? otherErrors(lines, first) : otherStarts(lines, limit, first.cause);
}

/** Errors of one build that do not follow from one another, such as two packages that cannot be compiled for different reasons. */
function otherErrors(lines: readonly string[], { cause, reasons = [] }: Explanation): Explanation[] {
  const found: { at: number; cause: FailureCause }[] = [];
  const known = cause ? [cause.id] : [];
  for (const each of reasons) {
    const { id, weak, remedy } = each.cause;
    const level = partsOf(lines[each.at] ?? '').level;
    const follows = known.some((earlier) => BREAKS_ALL.has(earlier) || FOLLOWS[earlier]?.includes(id));
    if (weak || remedy === undefined || level === 'warning' || known.includes(id) || follows) continue;
    known.push(id);
    found.push(each);
  }
  return found.map(({ at, cause: other }) => ({ lines: [at], cause: other }));
}

/** Starts that ended for another reason than the last one. */
function otherStarts(lines: readonly string[], limit: number, cause: FailureCause): Explanation[] {
  const parts = lines.map((line, at) => partsOf(line, at === 0));
  const starts = startsOf(parts);
  if (starts.length < 2) return [];
  const found: Explanation[] = [];
  const known = new Set([cause.id]);
  for (const start of starts.slice(-MAX_STARTS)) {
    const { lines: chosen, cause: other } = explain(
      start.map((at) => lines[at] ?? ''),
      Math.min(limit, FEW),
      'service',
    );
    const ended = other?.lasting === true || start.some((at) => parts[at] !== undefined && isFatal(parts[at]));
    if (other?.remedy === undefined || other.wrapper || other.weak || !ended || known.has(other.id)) continue;
    // gunicorn blames memory when it kills a worker that is late.
    if (other.id === 'out_of_memory' && known.has('worker_timeout')) continue;
    known.add(other.id);
    found.push({ lines: chosen.flatMap((at) => start[at] ?? []), cause: other });
  }
  return found;
}

/** The lines of each start of each replica. */
function startsOf(parts: readonly LogPart[]): number[][] {
  const open = new Map<string, number[]>();
  const all: number[][] = [];
  for (const [at, { source, bare }] of parts.entries()) {
    let lines = open.get(source);
    if (lines === undefined || STARTS.test(bare)) {
      lines = [];
      open.set(source, lines);
      all.push(lines);
    }
    lines.push(at);
  }
  return all.filter((each) => each.length > 1);
}
