/** The evidence rows of the sandbox, checked as they are read. */
import * as z from 'zod';
import file from '../../src/sandbox/evidence.json' with { type: 'json' };

const ROW = z.strictObject({
  id: z.string().regex(/^[a-z0-9.-]*[a-z0-9]$/),
  behaviour: z.string().min(11),
  evidence: z.enum(['documented', 'seen', 'assumed']),
  source: z.string().min(1),
});

/** A behaviour of the sandbox, and how it is known. */
export type Evidence = z.infer<typeof ROW>;

export const EVIDENCE: readonly Evidence[] = z.array(ROW).parse(file.rows);
