/** The routes of the sandbox, as its README lists them. Pure. */
import type { SandboxContext } from '../src/sandbox/context.ts';
import { createApp } from '../src/sandbox/server.ts';

/** Areas by the start of a path. The first match counts. */
const AREAS: readonly (readonly [title: string, paths: RegExp])[] = [
  ['Serving endpoints', /^\/api\/2\.0\/(permissions\/)?serving-endpoints/],
  ['Unity Catalog', /^\/api\/2\.1\/unity-catalog/],
  ['Models in MLflow', /^\/api\/2\.0\/mlflow/],
  ['Files in volumes', /^\/api\/2\.0\/fs/],
  ['Secrets', /^\/api\/2\.0\/secrets/],
  ['Users, groups and service principals', /^\/api\/2\.0\/preview\/scim/],
  ['Apps', /^\/api\/2\.0\/(permissions\/)?apps/],
  ['SQL warehouses and statements', /^\/api\/2\.0\/sql/],
  ['Login', /^\/(oidc|\.well-known)/],
  ['Queries', /./],
];

/** The routes that a workspace has too, by area, with their methods. */
export function routeList(): string {
  // Mounting reads nothing else of the context.
  const app = createApp({ data_plane: {} } as SandboxContext);
  const methods = new Map<string, Set<string>>();
  for (const { method, path } of app.routes) {
    if (method === 'ALL' || path.startsWith('/sandbox/')) continue;
    const shown = path.replace(/:(\w+)(?=\/|$)/g, '{$1}');
    methods.set(shown, (methods.get(shown) ?? new Set()).add(method));
  }
  const areaOf = (path: string) => AREAS.find(([, paths]) => paths.test(path))?.[0];
  return AREAS.flatMap(([title]) => {
    const mine = [...methods].filter(([path]) => areaOf(path) === title).sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = mine.map(([path, used]) => `- \`${path}\`: ${[...used].join(', ')}`);
    return mine.length === 0 ? [] : [`**${title}**\n\n${lines.join('\n')}`];
  }).join('\n\n');
}
