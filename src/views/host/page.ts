/** The page of the dashboard command, which calls tools over HTTP on loopback. */
import { isObject } from '../../rest/json.ts';
import { textOf, textsOf } from '../read/fields.ts';
import { sentence } from '../read/state.ts';
import { connectFile } from './file.ts';
import { type Data, type Host, HostError, type HostListener, type Surroundings } from './host.ts';

/** Where a tab keeps its token: a reload needs it, and another tab must not have it. */
const KEPT = 'databricks-serving-mcp';

/**
 * Opens a session with the secret in the address, or continues that of this tab. A saved report comes with the session.
 * @throws HostError when the dashboard refuses it.
 */
export async function connectPage(listener: HostListener, { now }: Surroundings): Promise<Host> {
  // A new address in the same tab changes only the part after the #, and loads nothing by itself.
  window.addEventListener('hashchange', () => location.reload());
  const { token, about } = await session();
  if (isObject(about.given)) return connectFile(listener, about.given);
  const tools = textsOf(about.tools);
  return {
    kind: 'page',
    offers: (tool) => tools.includes(tool),
    async call(tool, args, signal) {
      const { structuredContent, isError } = await post('/call', { tool, arguments: args }, token, signal);
      if (!isObject(structuredContent)) throw new HostError('The answer of the dashboard has no content.');
      return { tool, args, data: structuredContent, failed: isError === true, at: now() };
    },
  };
}

async function session(): Promise<{ token: string; about: Data }> {
  const kept = readKept();
  const secret = location.hash.slice(1);
  if (secret !== '') {
    // The history of the browser does not keep it.
    history.replaceState(null, '', location.pathname);
    try {
      const about = await post('/session', { secret });
      const token = textOf(about.token);
      if (token === undefined) throw new HostError('The dashboard began no session.');
      keep(token);
      return { token, about };
    } catch (error) {
      if (kept === undefined) throw error; // an address that was used in this very tab still shows its page
    }
  }
  if (kept === undefined)
    throw new HostError('This address has no secret. Press Enter in the terminal of the dashboard for a new address.');
  return { token: kept, about: await post('/session', {}, kept) };
}

/** @returns the answer. @throws HostError with the words of the dashboard, and when it does not answer. */
async function post(path: string, body: object, token?: string, signal?: AbortSignal): Promise<Data> {
  const response = await fetch(path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
    credentials: 'omit',
    redirect: 'error',
    ...(signal === undefined ? {} : { signal }),
  }).catch(() => {
    throw new HostError(
      signal?.aborted ? 'The call was ended.' : 'The dashboard does not answer. It may have stopped.',
    );
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && isObject(answer)) return answer;
  const { error } = isObject(answer) ? answer : {};
  const said = isObject(error) ? textOf(error.message) : undefined;
  throw new HostError(said === undefined ? `The dashboard answered with status ${response.status}.` : sentence(said));
}

/** A browser may forbid storage. The page then lasts until its first reload. */
function readKept(): string | undefined {
  try {
    return sessionStorage.getItem(KEPT) ?? undefined;
  } catch {
    return undefined;
  }
}

function keep(token: string): void {
  try {
    sessionStorage.setItem(KEPT, token);
  } catch {} // as above
}
