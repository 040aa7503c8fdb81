import { ASSUMED_ROWS } from './evidence-assumed.ts';
import { KNOWN_ROWS } from './evidence-control.ts';
import { DATA_EVIDENCE } from './evidence-data.ts';

/** How a behaviour of the sandbox is known. */
export interface Evidence {
  id: string;
  behaviour: string;
  /** `documented` by the service or its official clients, `seen` in a real answer, or `assumed` by us. */
  evidence: 'documented' | 'seen' | 'assumed';
  source: string;
}

/** A row of the tables, in the order of the fields above. */
export type EvidenceRow = [id: string, behaviour: string, evidence: Evidence['evidence'], source: string];

const control: Evidence[] = [...KNOWN_ROWS, ...ASSUMED_ROWS].map(([id, behaviour, evidence, source]) => ({
  id,
  behaviour,
  evidence,
  source,
}));

/** Every behaviour of the sandbox with what it rests on. Code that implements an assumed one names its id in a comment: `assumed: <id>`. */
export const EVIDENCE: readonly Evidence[] = [...control, ...DATA_EVIDENCE];
