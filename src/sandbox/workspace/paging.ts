import { invalid } from '../errors.ts';

/** Rows of a page when the caller sets no size. assumed: page-size */
const DEFAULT_PAGE = 100;

/** One page of a list. The token is opaque to clients. `next` is empty on the last page, because the service sends no empty token. evidence: last-page */
export function pageOf<T>(
  items: T[],
  query: Record<string, string>,
): { items: T[]; next: { next_page_token?: string } } {
  const asked = Number(query.max_results ?? query.page_size ?? DEFAULT_PAGE);
  if (!Number.isInteger(asked) || asked < 0) throw invalid('max_results must be a non-negative integer.');
  const size = asked === 0 ? DEFAULT_PAGE : asked;
  const start = query.page_token === undefined ? 0 : offsetOf(query.page_token);
  const end = start + size;
  const next = end < items.length ? { next_page_token: Buffer.from(`offset:${end}`).toString('base64url') } : {};
  return { items: items.slice(start, end), next };
}

function offsetOf(token: string): number {
  const offset = /^offset:(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1];
  if (offset === undefined) throw invalid('The page token is not valid.');
  return Number(offset);
}
