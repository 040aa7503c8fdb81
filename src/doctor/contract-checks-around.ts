/** How rows of the evidence about models, grants, the directory, apps and secrets are judged. Pure. */
import { isObject } from '../rest/json.ts';
import type { Reply } from './contract-asked.ts';
import { type Check, each, type Facts } from './contract-facts.ts';

type Json = Record<string, unknown>;

const answered = (row: string, by: string[], needs = 'no answer shows it'): Check => ({ row, by, needs });
const NO_MODEL = 'the caller sees no registered model';

const rowsOf = (body: Json | undefined, field: string): Json[] => {
  const rows: unknown = body?.[field];
  return Array.isArray(rows) ? rows.filter(isObject) : [];
};
const principals = (facts: Facts, id: string) =>
  rowsOf(facts.body(id), 'privilege_assignments').map(({ principal }) => String(principal));

/** Messages of refusals. */
function messagesOf(facts: Facts, wanted: (reply: Reply, text: string, family: string) => boolean): string[] {
  return facts.seen.asked.flatMap(({ question, reply }) => {
    const text = isObject(reply?.body) && typeof reply.body.message === 'string' ? reply.body.message : undefined;
    return reply && text !== undefined && wanted(reply, text, question.family) ? [text] : [];
  });
}

/** Whether a right is missing, and not a scope of the token. */
function refused(facts: Facts, id: string): boolean {
  const reply = facts.asked(id)?.reply;
  return reply?.status === 403 && !/scope/i.test(reply.text);
}

/** Rows of a page when no size is asked for. */
const PAGE = 100;

export const AROUND_CHECKS: readonly Check[] = [
  {
    row: 'scope-missing',
    by: [],
    needs: 'the token lacks no scope',
    judge: (facts) =>
      each(
        messagesOf(facts, ({ status }, text) => status === 403 && /scope/i.test(text)),
        (text) =>
          /^(?:Provided OAuth token does not have required scopes: |Invalid scope, required scopes: )/.test(text),
        { pointer: '/message', sandbox: 'one of two beginnings', service: 'another beginning' },
      ),
  },
  {
    row: 'no-view-text',
    by: [],
    needs: 'no endpoint refused the caller',
    judge: (facts) =>
      each(
        messagesOf(
          facts,
          ({ status }, text, family) => family === 'endpoint' && status === 403 && !/scope/i.test(text),
        ),
        (text) => /^User does not have permission '\w+' on Endpoint /.test(text),
        { pointer: '/message', sandbox: "User does not have permission 'View' on Endpoint …", service: 'another text' },
      ),
  },
  answered('catalog-missing-text', ['model-missing', 'version-missing', 'alias-missing']),
  answered('scope-missing-text', ['scope-missing']),
  answered('scim-missing', ['user-missing']),
  answered('app-missing-text', ['app-missing']),
  answered('app-defaults', ['app', 'apps'], 'no app is listed'),
  answered('catalog-objects', ['schema', 'catalog', 'metastore'], NO_MODEL),
  answered('secret-routes', ['scopes', 'secrets']),
  {
    row: 'catalog-routes',
    by: ['model-plain', 'model'],
    needs: NO_MODEL,
    judge(facts) {
      const plain = facts.body('model-plain');
      if (!plain || !facts.body('model')) return undefined;
      if ('aliases' in plain) return { pointer: '/aliases', sandbox: 'absent unless asked for', service: 'there' };
      return true;
    },
  },
  {
    row: 'version-origin',
    by: ['version'],
    needs: NO_MODEL,
    judge: (facts) =>
      each(
        [facts.body('version')].filter((body) => body !== undefined),
        (body) => body.run_id !== undefined && body.run_workspace_id !== undefined,
        { pointer: '/run_id', sandbox: 'there, with run_workspace_id', service: 'absent, or without it' },
      ),
  },
  {
    row: 'last-page',
    by: ['models', 'versions', 'apps'],
    needs: 'every list was longer than its page',
    judge: (facts) =>
      ['models', 'models-next', 'models-default', 'versions', 'apps', 'grants'].some((id) => {
        const body = facts.body(id);
        return body !== undefined && !('next_page_token' in body);
      })
        ? true
        : undefined,
  },
  {
    row: 'page-size',
    by: ['models-default'],
    needs: 'no list is longer than a page of 100',
    judge(facts) {
      const body = facts.body('models-default');
      const rows = rowsOf(body, 'registered_models').length;
      const more = Boolean(body?.next_page_token);
      if (rows > PAGE) return { pointer: '/registered_models', sandbox: '100 rows at most', service: 'more rows' };
      if (more && rows < PAGE)
        return { pointer: '/registered_models', sandbox: '100 rows before a next page', service: 'fewer rows' };
      return more ? true : undefined;
    },
  },
  {
    row: 'metastore-owner',
    by: ['metastore'],
    needs: 'no metastore was read',
    judge: (facts) =>
      each(
        [facts.body('metastore')].filter((body) => body !== undefined),
        ({ owner }) => owner === 'System user',
        { pointer: '/owner', sandbox: 'System user', service: 'another principal' },
      ),
  },
  answered('grants-routes', ['grants'], NO_MODEL),
  {
    row: 'grants-readable',
    by: ['grants'],
    needs: 'the caller owns the model whose grants were read',
    judge(facts) {
      const owner = facts.body('model')?.owner;
      if (refused(facts, 'grants')) return { pointer: 'status', sandbox: 'readable by everyone', service: '403' };
      return facts.body('grants') && owner !== undefined && owner !== facts.seen.me ? true : undefined;
    },
  },
  {
    row: 'grants-without-owner',
    by: ['grants', 'model'],
    needs: 'no model was read with its grants',
    judge(facts) {
      const owner = facts.body('model')?.owner;
      if (owner === undefined || !facts.body('grants')) return undefined;
      // An owner above the model can have a grant of its own.
      if (!principals(facts, 'grants').includes(String(owner))) return true;
      return {
        pointer: '/privilege_assignments/*/principal',
        sandbox: 'never the owner of the model',
        service: 'the owner',
      };
    },
  },
  {
    row: 'grants-of-principal',
    by: ['grants-of-principal', 'grants'],
    needs: 'no grant was read',
    judge(facts) {
      const asked = facts.asked('grants-of-principal')?.question.query?.principal;
      if (asked === undefined || !facts.body('grants-of-principal')) return undefined;
      return principals(facts, 'grants-of-principal').every((name) => name === asked)
        ? true
        : {
            pointer: '/privilege_assignments/*/principal',
            sandbox: 'only the principal that was asked for',
            service: 'others as well',
          };
    },
  },
  {
    row: 'catalog-readable',
    by: ['model'],
    needs: 'the caller owns the model that was read',
    judge(facts) {
      const owner = facts.body('model')?.owner;
      if (refused(facts, 'model')) return { pointer: 'status', sandbox: 'readable by everyone', service: '403' };
      return owner !== undefined && owner !== facts.seen.me ? true : undefined;
    },
  },
  answered('scim-filter', ['users', 'groups']),
  {
    row: 'scim-pages',
    by: ['users-past-the-end'],
    needs: 'the directory was not read',
    judge(facts) {
      const body = facts.body('users-past-the-end');
      if (!body) return undefined;
      return 'Resources' in body
        ? { pointer: '/Resources', sandbox: 'absent on a page past the end', service: 'there' }
        : true;
    },
  },
  answered('scim-lists', ['me', 'users']),
];
