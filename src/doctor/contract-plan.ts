/** What the check asks: what each read tool asks, of a few things of each kind, and of names that do not exist. */
import { isObject } from '../rest/json.ts';
import { type Asked, part, type Question, question } from './contract-asked.ts';
import { type EndpointKind, KINDS, type Listed, listedIn, type Read, type Seen, some } from './contract-kinds.ts';
import { askCatalog, askOthers } from './contract-plan-around.ts';
import { askAbout, PERMISSIONS, ROOT } from './contract-plan-endpoint.ts';
import type { Reader } from './contract-reader.ts';

/** The workspace cannot be asked. The message holds no name. */
export class CouldNotRun extends Error {
  override readonly name = 'CouldNotRun';
}

/** How many endpoints of a kind are read. */
const PER_KIND: Partial<Record<EndpointKind, number>> = { custom: 2 };

/**
 * Asks everything, one question after the other.
 * @param absent makes a name that does not exist, of so many hex digits.
 * @throws CouldNotRun when the first two questions show that no other would be answered.
 */
export async function askAll(reader: Reader, absent: (digits: number) => string): Promise<Seen> {
  const ask = async (question: Question) => reader.ask(question);
  const self = await ask(question('me', 'directory', '/api/2.0/preview/scim/v2/Me', 'me'));
  const list = await ask(question('list', 'serving', ROOT, 'endpoints'));
  refuseDeaf(self, list);
  const me = callerOf(self);
  const listed = listedIn(list.reply?.body);
  const read = await readEndpoints(ask, listed);
  for (const each of read) await askAbout(ask, each);
  await askMissing(ask, absent, listed);
  await askCatalog(ask, absent, read, me);
  await askOthers(ask, absent, me);
  return { asked: reader.asked, me, listed, read };
}

function refuseDeaf(self: Asked, list: Asked): void {
  const replies = [self.reply, list.reply];
  if (replies.every((reply) => reply === undefined)) throw new CouldNotRun('the workspace did not answer');
  const refused = replies.every(
    (reply) =>
      reply?.status === 401 || (reply?.status === 403 && /\btoken\b/i.test(reply.text) && !/scopes/i.test(reply.text)),
  );
  if (refused) throw new CouldNotRun('the workspace refused the login');
  if (
    replies.every(
      (reply) => reply !== undefined && (reply.type === 'text/html' || (reply.status >= 300 && reply.status < 400)),
    )
  )
    throw new CouldNotRun('the host answers with pages, so it is no workspace, or a proxy stands between');
}

async function readEndpoints(ask: Reader['ask'], listed: readonly Listed[]): Promise<Read[]> {
  const read: Read[] = [];
  for (const kind of KINDS) {
    const wanted = PER_KIND[kind] ?? 1;
    let found = 0;
    // One more than wanted: an endpoint can be gone by now.
    for (const each of some(listed, kind, wanted + 1)) {
      if (found >= wanted) break;
      const id = found === 0 ? `endpoint.${kind}` : `endpoint.${kind}-${found + 1}`;
      const asked = await ask({
        id: read.some((other) => other.asked.question.id === id) ? `${id}-again` : id,
        family: 'endpoint',
        route: `${ROOT}/{name}`,
        path: `${ROOT}/${part(each.name)}`,
        answer: 'endpoint',
        subject: each.name,
        names: { name: each.name },
      });
      read.push({ ...each, asked });
      if (asked.reply?.status !== 404) found++;
    }
  }
  return read.filter(({ asked }) => asked.reply?.status === 200);
}

async function askMissing(
  ask: Reader['ask'],
  absent: (digits: number) => string,
  listed: readonly Listed[],
): Promise<void> {
  const name = `no-such-endpoint-${absent(8)}`;
  const route = `${ROOT}/{name}`;
  await ask({
    id: 'endpoint-missing',
    family: 'serving',
    route,
    path: `${ROOT}/${name}`,
    answer: 'endpoint',
    status: 404,
    names: { name },
  });
  const id = absent(32);
  const access = { family: 'access', route: `${PERMISSIONS}/{id}`, answer: 'access-list' } as const;
  await ask({ ...access, id: 'access-missing', path: `${PERMISSIONS}/${id}`, status: 404, names: { name: id } });
  const named = listed.find((each) => each.id !== undefined)?.name;
  if (named !== undefined)
    await ask({
      ...access,
      id: 'access-by-name',
      path: `${PERMISSIONS}/${part(named)}`,
      status: 400,
      subject: named,
      names: { name: named },
    });
  await ask(question('foundation-models', 'serving', `${ROOT}:foundation-models`, 'endpoints'));
  await ask({ ...question('unsigned', 'serving', ROOT, 'endpoints'), status: 401, unsigned: true });
  await ask({ ...question('host', 'host', '/.well-known/databricks-config', 'host'), unsigned: true });
}

function callerOf({ reply }: Asked): string | undefined {
  if (reply?.status !== 200 || !isObject(reply.body)) return undefined;
  const name = reply.body.applicationId ?? reply.body.userName;
  return typeof name === 'string' ? name : undefined;
}
