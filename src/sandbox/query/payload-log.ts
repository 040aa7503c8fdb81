import type { SandboxContext } from '../context.ts';
import type { Payload } from '../state/sql-state.ts';

/** A longer body is not in the table. The service says 1 MiB. evidence: sql-payload-table */
const LARGEST = 2 ** 20;
/** Bodies to keep. The number is the sandbox's own. */
const KEPT = 2000;

/** Keeps the bodies of a request for the inference table. The client gets the answer as it is, and a stream as it comes. assumed: sql-payload-rows */
export function keepPayload(ctx: SandboxContext, id: string, request: string, response: Response): void {
  const { payloads } = ctx.workspace.sql;
  const payload: Payload = { request, response: null, errors: [] };
  if (Buffer.byteLength(request) > LARGEST) {
    payload.request = null;
    payload.errors.push('MAX_REQUEST_SIZE_EXCEEDED');
  }
  payloads.set(id, payload);
  for (const old of payloads.keys()) {
    if (payloads.size <= KEPT) break;
    payloads.delete(old);
  }
  response
    .clone()
    .text()
    .then((text) => {
      if (Buffer.byteLength(text) <= LARGEST) payload.response = text;
      else payload.errors.push('MAX_RESPONSE_SIZE_EXCEEDED');
    })
    // The client hung up, or a fault cut the stream: no answer was sent whole.
    .catch(() => undefined);
}
