/**
 * Which routes a token reaches that Databricks Apps forwards for the signed-in user. Its scopes limit it, whatever the person may do (facts A7, A8
 * and A10). Pure.
 */
import { UnreachedError } from '../rest/errors.ts';
import type { Detour, Method } from '../rest/http.ts';

/** The routes that no scope of an app covers, as far as this server calls them (facts A8 and A10). */
const UNREACHED = {
  catalog: {
    path: /^\/api\/2\.1\/unity-catalog\//,
    what: 'models, aliases, model services and grants of Unity Catalog',
  },
  permissions: { path: /^\/api\/2\.0\/permissions\//, what: 'permissions of endpoints' },
  directory: { path: /^\/api\/2\.0\/preview\/scim\/v2\/(?!Me$)/, what: 'other users, groups and service principals' },
  secrets: { path: /^\/api\/2\.0\/secrets\//, what: 'names of secrets' },
  apps: { path: /^\/api\/2\.0\/apps\b/, what: 'settings of apps' },
} as const;

/** A family of routes that a forwarded token does not reach. */
export type Family = keyof typeof UNREACHED;

const FAMILIES = Object.keys(UNREACHED) as Family[]; // the keys of a record are its names

/** The family of a route. Undefined for a route that a forwarded token may reach. */
export function familyOf(path: string): Family | undefined {
  return FAMILIES.find((each) => UNREACHED[each].path.test(path));
}

/** Whether requests to such routes leave under the app's own identity (fact A11): never, only reads, or all. */
export const APP_IDENTITIES = ['off', 'reads', 'all'] as const;
export type AppIdentity = (typeof APP_IDENTITIES)[number];

/** What the identity of the calls reaches, and the words for it. */
export interface Reach {
  /** The detour of a request. Undefined: it leaves under the caller's own identity. */
  detour(method: Method, path: string): Detour | undefined;
  /** Whether no call of a tool can succeed. */
  hides(tool: { effect: 'read' | 'query' | 'write' | 'destroy'; needs?: readonly Family[] | undefined }): boolean;
  /** Why requests to these families are not sent, without a full stop. */
  why(families: readonly Family[]): string;
  /** What a person can do. */
  next: string;
  /** For the journal: a write of which a part left under the identity of the app. */
  appIdentity: string;
  /** Fields of an answer about the detours of its requests. @param failed its error says what was not reached. */
  fields(detours: readonly Detour[], failed: boolean): Record<string, unknown>;
  /** For the instructions. @param hidden the tools that it hides. */
  described(hidden: readonly string[]): string;
}

function why(families: readonly Family[]): string {
  const what = FAMILIES.filter((each) => families.includes(each)).map((each) => UNREACHED[each].what);
  return `this server runs under the signed-in user's forwarded token, which does not reach ${what.join('; ')}`;
}

const NEXT: Record<Exclude<AppIdentity, 'all'>, string> = {
  off: 'The operator can allow the identity of the app with --app-identity, or use the stdio server, which runs under your own login.',
  reads:
    'The operator allows the identity of the app for reads only (--app-identity reads). Ask for --app-identity all, or use the stdio server.',
};

const APP = 'A part of this call ran under the identity of the app, not under that of the user.';

/** The reach of a forwarded token. */
export function forwardedReach(appIdentity: AppIdentity): Reach {
  const next = appIdentity === 'all' ? '' : NEXT[appIdentity];
  const isLent = (reads: boolean) => appIdentity === 'all' || (appIdentity === 'reads' && reads);
  return {
    detour(method, path) {
      const family = familyOf(path);
      if (family === undefined) return undefined;
      if (isLent(method === 'GET')) return 'app';
      return new UnreachedError({ method, path }, why([family]), next);
    },
    hides: ({ effect, needs = [] }) => needs.length > 0 && !isLent(effect === 'read' || effect === 'query'),
    why,
    next,
    appIdentity: APP,
    fields(detours, failed) {
      const unread = detours.flatMap((each) => (each === 'app' ? [] : (familyOf(each.path) ?? [])));
      return {
        ...(detours.includes('app') ? { app_identity: APP } : {}),
        ...(unread.length > 0 && !failed ? { not_checked_here: `Parts were not checked: ${why(unread)}.` } : {}),
      };
    },
    described(hidden) {
      const lent = appIdentity === 'reads' ? 'Reads' : 'Requests';
      return [
        `Identity: ${why(FAMILIES)}.`,
        ...(hidden.length > 0 ? [`So it does not publish ${hidden.join(', ')}.`] : []),
        ...(appIdentity === 'off'
          ? []
          : [`${lent} of these run under the identity of the app, and the answer then has app_identity.`]),
      ].join(' ');
    },
  };
}
