import { CONTROL_EVIDENCE } from './evidence-control.ts';
import { DATA_EVIDENCE } from './evidence-data.ts';

/** How a behaviour of the sandbox is known. */
export interface Evidence {
  id: string;
  behaviour: string;
  /** `documented` by the service or its official clients, `seen` in a real answer, or `assumed` by us. */
  evidence: 'documented' | 'seen' | 'assumed';
  source: string;
}

/** Every behaviour of the sandbox with what it rests on. Code that implements an assumed one names its id in a comment: `assumed: <id>`. */
export const EVIDENCE: readonly Evidence[] = [...CONTROL_EVIDENCE, ...DATA_EVIDENCE];
