/** `list_changes` as a timeline shows it. Pure. */
import type { Data } from '../host/host.ts';
import type { Happening } from './diagnosis.ts';
import { numberOf, rowsOf, textOf, textsOf, timeOf } from './fields.ts';
import { spoken } from './state.ts';

export interface Changes {
  happenings: Happening[];
  note: string | undefined;
  /** Entries that the answer left out. */
  omitted: number;
}

export function changesOf(data: Data): Changes {
  return {
    happenings: rowsOf(data.changes).map((row) => {
      const outcome = textOf(row.outcome) ?? 'unfinished';
      const fields = textsOf(row.fields);
      const steps = textsOf(row.steps);
      const parts = [
        spoken(textOf(row.tool) ?? 'a change'),
        steps.length > 0 ? `: ${steps.join(', ')}` : fields.length > 0 ? `: ${fields.join(', ')}` : '',
        outcome === 'done' ? '' : ` (${spoken(outcome)})`,
      ];
      return { at: timeOf(row.at), what: parts.join(''), by: textOf(row.by) ?? textOf(row.user) };
    }),
    note: textOf(data.note),
    omitted: numberOf(data.omitted) ?? 0,
  };
}
