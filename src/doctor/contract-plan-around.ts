/** What the check asks about the things around endpoints: models, grants, the directory, apps and secrets. */
import { isObject } from '../rest/json.ts';
import { type Asked, part, type Question, question } from './contract-asked.ts';
import { entityOf, type Read } from './contract-kinds.ts';
import type { Reader } from './contract-reader.ts';

const CATALOG = '/api/2.1/unity-catalog';
const SCIM = '/api/2.0/preview/scim/v2';

type Ask = Reader['ask'];

/** A version that no model has. */
const NO_VERSION = '2000000000';

/** Models, versions, aliases and grants. The model is one that an endpoint serves, or else the first of the list. */
export async function askCatalog(
  ask: Ask,
  absent: (digits: number) => string,
  read: readonly Read[],
  me: string | undefined,
): Promise<void> {
  const models = `${CATALOG}/models`;
  const first = await ask({ ...question('models', 'catalog', models, 'model-page'), query: { max_results: '1' } });
  const token = fieldOf(first, 'next_page_token');
  const more = token !== undefined && token !== '';
  if (more)
    await ask({
      ...question('models-next', 'catalog', models, 'model-page'),
      query: { max_results: '1', page_token: token },
    });
  if (more) await ask(question('models-default', 'catalog', models, 'model-page'));

  const missing = `no_such_catalog_${absent(8)}.none.none`;
  const about = (
    id: string,
    leaf: string,
    answer: Question['answer'],
    name: string,
    more: Partial<Question> = {},
  ): Question => ({
    id,
    family: 'catalog',
    route: `${models}/{model}${leaf.replace(/\/(versions|aliases)\/.+$/, (_all, kind: string) => `/${kind}/{${kind === 'versions' ? 'version' : 'alias'}}`)}`,
    path: `${models}/${part(name)}${leaf}`,
    answer,
    subject: name,
    names: { name },
    ...more,
  });
  await ask(about('model-missing', '', 'model', missing, { status: 404 }));

  const model = servedModel(read) ?? fieldOf(first, 'registered_models', 0, 'full_name');
  if (model === undefined) return;
  const withAliases = await ask(about('model', '', 'model', model, { query: { include_aliases: 'true' } }));
  await ask(about('model-plain', '', 'model', model));
  const versions = await ask(about('versions', '/versions', 'version-page', model, { query: { max_results: '1' } }));
  const version = fieldOf(versions, 'model_versions', 0, 'version');
  if (version !== undefined) await ask(about('version', `/versions/${part(version)}`, 'version', model));
  await ask(
    about('version-missing', `/versions/${NO_VERSION}`, 'version', model, {
      status: 404,
      names: { name: model, version: NO_VERSION },
    }),
  );
  const alias = fieldOf(withAliases, 'aliases', 0, 'alias_name');
  if (alias !== undefined) await ask(about('alias', `/aliases/${part(alias)}`, 'version', model));
  const none = `no_such_alias_${absent(8)}`;
  await ask(
    about('alias-missing', `/aliases/${none}`, 'version', model, { status: 404, names: { name: model, alias: none } }),
  );
  await askGrants(ask, model, me);
}

async function askGrants(ask: Ask, model: string, me: string | undefined): Promise<void> {
  const [catalog = '', schema = ''] = model.split('.');
  const grants = (id: string, query?: Record<string, string>): Question => ({
    id,
    family: 'grants',
    route: `${CATALOG}/effective-permissions/function/{model}`,
    path: `${CATALOG}/effective-permissions/function/${part(model)}`,
    answer: 'effective-grants',
    subject: model,
    ...(query === undefined ? {} : { query }),
  });
  const all = await ask(grants('grants'));
  const principal = fieldOf(all, 'privilege_assignments', 0, 'principal') ?? me;
  if (principal !== undefined) await ask(grants('grants-of-principal', { principal }));
  const place = (id: 'catalog' | 'schema', name: string): Question => ({
    id,
    family: 'catalog',
    route: `${CATALOG}/${id}s/{name}`,
    path: `${CATALOG}/${id}s/${part(name)}`,
    answer: id,
    subject: name,
  });
  await ask(place('schema', `${catalog}.${schema}`));
  await ask(place('catalog', catalog));
  await ask(question('metastore', 'catalog', `${CATALOG}/metastore_summary`, 'metastore'));
}

/** The directory, apps and secrets. */
export async function askOthers(ask: Ask, absent: (digits: number) => string, me: string | undefined): Promise<void> {
  const apps = await ask(question('apps', 'apps', '/api/2.0/apps', 'app-page'));
  const app = (id: string, name: string, more: Partial<Question> = {}): Question => ({
    id,
    family: 'apps',
    route: '/api/2.0/apps/{name}',
    path: `/api/2.0/apps/${part(name)}`,
    answer: 'app',
    subject: name,
    names: { name },
    ...more,
  });
  const named = fieldOf(apps, 'apps', 0, 'name');
  if (named !== undefined) await ask(app('app', named));
  await ask(app('app-missing', `no-such-app-${absent(8)}`, { status: 404 }));

  const scopes = await ask(question('scopes', 'secrets', '/api/2.0/secrets/scopes/list', 'scopes'));
  const scope = fieldOf(scopes, 'scopes', 0, 'name');
  const keys = (id: string, name: string, more: Partial<Question> = {}): Question => ({
    ...question(id, 'secrets', '/api/2.0/secrets/list', 'secrets'),
    query: { scope: name },
    subject: name,
    names: { name },
    ...more,
  });
  if (scope !== undefined) await ask(keys('secrets', scope));
  await ask(keys('scope-missing', `no-such-scope-${absent(8)}`, { status: 404 }));

  if (me?.includes('@')) await ask(search('users', 'Users', `userName eq ${JSON.stringify(me)}`));
  await ask({
    ...question('users-past-the-end', 'directory', `${SCIM}/Users`, 'users'),
    query: { startIndex: '1000000', count: '1' },
  });
  await ask(search('groups', 'Groups', 'displayName eq "admins"'));
  await ask({
    ...question('service-principals', 'directory', `${SCIM}/ServicePrincipals`, 'service-principals'),
    query: { count: '1' },
  });
  const id = `9${'0'.repeat(14)}`;
  await ask({
    ...question('user-missing', 'directory', `${SCIM}/Users/${id}`, 'me'),
    route: `${SCIM}/Users/{id}`,
    status: 404,
    names: { name: id },
  });
}

function search(id: 'users' | 'groups', collection: string, filter: string): Question {
  return { ...question(id, 'directory', `${SCIM}/${collection}`, id), query: { filter } };
}

/** A model of the workspace's own that an endpoint serves. */
function servedModel(read: readonly Read[]): string | undefined {
  const custom = read.filter(({ kind }) => kind === 'custom');
  const models = [...custom, ...read].flatMap(({ asked }) => entityOf(asked.reply?.body)?.model ?? []);
  return models.find((model) => model.split('.').length === 3 && !model.startsWith('system.'));
}

/** A text or number at a path of an answer. */
function fieldOf({ reply }: Asked, ...path: (string | number)[]): string | undefined {
  let at: unknown = reply?.status === 200 ? reply.body : undefined;
  for (const step of path) {
    if (typeof step === 'number') at = Array.isArray(at) ? at[step] : undefined;
    else at = isObject(at) ? at[step] : undefined;
  }
  return typeof at === 'string' || typeof at === 'number' ? String(at) : undefined;
}
