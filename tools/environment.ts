import * as z from 'zod';
import { isSecretReference, mask } from '../src/untrusted.ts';

/** Environment variables of a served entity. A value that looks like a credential is refused before anything is sent, and never echoed. */
export const environmentVars = z
  .record(z.string().regex(/^[A-Za-z_]\w{0,254}$/, 'must be a variable name'), z.string().max(8_000))
  .superRefine((variables, check) => {
    for (const [name, value] of Object.entries(variables)) {
      if (
        isSecretReference(value) ||
        (mask(value) === value && !/(secret|token|passw|api_?key|private_?key)/i.test(name))
      )
        continue;
      const message = 'looks like a raw secret; store it in a secret scope and give {{secrets/scope/key}}';
      check.addIssue({ code: 'custom', path: [name], message });
    }
  })
  .describe('Variables of the container. Secrets only as {{secrets/scope/key}}.');
