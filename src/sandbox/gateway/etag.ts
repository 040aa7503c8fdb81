import { ApiError, invalid } from '../errors.ts';
import { hash32 } from '../ids.ts';
import type { ServiceBase } from '../state/model-service.ts';

/** These bytes are `++++` in base64, and an unencoded plus in a URL is a space. So a client that does not encode an etag notices. */
const MARK = [0xfb, 0xef, 0xbe];

/** The token of this revision of a service: base64, as it is sent. assumed: gateway-etag */
export function etagOf({ id, revision }: ServiceBase): string {
  const bytes = Buffer.alloc(MARK.length + 8);
  Buffer.from(MARK).copy(bytes);
  bytes.writeUInt32BE(hash32(`${id}:${revision}`), MARK.length);
  bytes.writeUInt32BE(revision, MARK.length + 4);
  return bytes.toString('base64');
}

/** Throws 409 when the service has changed since the etag was read. Without an etag, a write is unconditional. assumed: gateway-etag */
export function checkEtag(service: ServiceBase, etag: string | undefined): void {
  if (etag === undefined || etag === '') return;
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(etag)) throw invalid('Invalid value for etag: it is not base64.');
  if (etag !== etagOf(service)) {
    throw new ApiError(
      409,
      'ABORTED',
      `The etag does not match: '${service.full_name}' was changed since it was read.`,
    );
  }
}
