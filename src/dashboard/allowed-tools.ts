/** The tools that the page may call. */
import type { HttpRefusal } from '../web/refusal.ts';
import { refusal } from '../web/refusal.ts';

/** What views read. */
const READS = [
  'list_endpoints',
  'get_endpoint',
  'get_metrics',
  'diagnose_endpoint',
  'get_usage',
  'list_changes',
] as const;
/** What their buttons do. */
const CHANGES = ['roll_out'] as const;

/** @param changes a person allowed changes at the start. */
export function allowedTools(changes: boolean): readonly string[] {
  return changes ? [...READS, ...CHANGES] : READS;
}

/** Why the page may not call a tool. */
export function refusalOfTool(tool: string, allowed: readonly string[]): HttpRefusal | undefined {
  if (allowed.includes(tool)) return undefined;
  if (CHANGES.some((each) => each === tool))
    return refusal(403, 'the dashboard is read-only; a person can start it with --allow-changes');
  return refusal(
    403,
    allowed.length === 0 ? 'a saved report calls no tools' : `the page calls only ${allowed.join(', ')}`,
  );
}
