/** A span of sandbox time, from its first to before its last millisecond. */
export type Span = [from: number, to: number];

/** Spans without overlaps, in order of time. */
export function joined(spans: Span[]): Span[] {
  const out: Span[] = [];
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else if (from < to) out.push([from, to]);
  }
  return out;
}

/** The milliseconds of spans that are in one span. The spans do not overlap. */
export function within(spans: readonly Span[], [from, to]: Span): number {
  return spans.reduce((sum, [a, b]) => sum + Math.max(0, Math.min(b, to) - Math.max(a, from)), 0);
}
