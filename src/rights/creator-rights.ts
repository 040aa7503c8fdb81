/** What the service requires of the identity whose rights an endpoint has (fact M8), and what of it is certainly missing. It reads, and each object once. */

import type { Target } from '../plan/model-service.ts';
import {
  belongs,
  best,
  ENTITLEMENT,
  entitled,
  goesBy,
  type Held,
  holdersOf,
  type Need,
  needsOf,
  routedNeeds,
} from '../plan/who-may.ts';
import { isAbsent } from '../rest/absent.ts';
import { type Group, group, isGroupName, type Member, member, myself } from '../rest/directory.ts';
import { ApiError } from '../rest/errors.ts';
import type { Http } from '../rest/http.ts';
import { effective, levels, metastoreAdmin, owner, type Securable } from '../rest/privileges.ts';

/** A right that is certainly missing, and who can grant it. */
export interface MissingRight {
  privilege: string;
  /** The object. Undefined for an entitlement of the workspace. */
  on?: string;
  ask: string;
  /** The statement that grants it. */
  grant?: string;
}

export interface Rights {
  /** E-mail or application id. Undefined when the directory did not name the caller. */
  principal: string | undefined;
  /** Whether the directory has it. Undefined when that could not be read. */
  known: boolean | undefined;
  /** `false`: certainly not active in the workspace. */
  active: boolean | undefined;
  missing: MissingRight[];
  /** What could not be settled. */
  open: string[];
}

/** A model of the platform that is no object of Unity Catalog. Everyone may use it, so only a diagnosis says that it was not asked. */
export const UNLISTED = ', which Unity Catalog does not list';

/** Bounds on the requests of one check. An endpoint of fifteen models is no reason for fifty reads, and neither is a service of fifteen destinations. */
const MAX_MODELS = 3;
const MAX_TARGETS = 6;
const MAX_GROUPS = 4;

/** @param name the principal. Undefined: the caller. @param models the registered models that it serves. */
export async function rightsOf(
  http: Http,
  name: string | undefined,
  models: readonly string[],
  signal: AbortSignal,
): Promise<Rights> {
  const open = models.length > MAX_MODELS ? ['models beyond the first three'] : [];
  return check(http, name, needsOf(models.slice(0, MAX_MODELS)), signal, { open, serves: true });
}

/** What an owner of a model service has of the rights on what it routes to. The owner may be a group. @param name undefined: the caller. */
export async function rightsOnRouted(
  http: Http,
  name: string | undefined,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<Rights> {
  const open = targets.length > MAX_TARGETS ? ['destinations beyond the first six'] : [];
  return check(http, name, routedNeeds(targets.slice(0, MAX_TARGETS)), signal, { open, serves: false });
}

/** What a principal has of some privileges. @param name undefined: the caller. */
export function rightsOn(
  http: Http,
  name: string | undefined,
  needs: readonly Need[],
  signal: AbortSignal,
): Promise<Rights> {
  return check(http, name, needs, signal, { open: [], serves: false });
}

/** @param how what is open before anything was asked, and whether the principal is one that endpoints run as, who must be active in the workspace. */
async function check(
  http: Http,
  name: string | undefined,
  needs: readonly Need[],
  signal: AbortSignal,
  how: { open: readonly string[]; serves: boolean },
): Promise<Rights> {
  const open = new Set<string>(how.open);
  const isGroup = name !== undefined && isGroupName(name);
  const [found, ...grants] = await Promise.all([
    attempt(name === undefined ? myself(http) : isGroup ? Promise.resolve(stranger(name)) : member(http, name)),
    ...needs.map(({ kind, name: on }) => attempt(kind === 'endpoint' ? levels(http, on) : effective(http, kind, on))),
  ]);
  signal.throwIfAborted();
  const principal = found.value ?? (name === undefined ? undefined : stranger(name));
  const rights = (more: Partial<Rights>): Rights => ({
    principal: principal?.name,
    known: found.error === undefined ? found.value !== undefined : undefined,
    active: undefined,
    missing: [],
    open: [...open],
    ...more,
  });
  if (!principal) return rights({ open: ['who the caller is'] });
  const ask = new Asker(http, principal, open);
  const missing: MissingRight[] = [];
  let active: boolean | undefined;
  if (how.serves) {
    active = found.value ? found.value.active : await isThere(http, principal, found.error);
    if (active === false) return rights({ active });
    if (active === undefined) open.add('whether that user or service principal is active');
    const entitlement = found.value ? await ask.entitlement() : 'unknown';
    if (entitlement === 'missing') missing.push({ privilege: ENTITLEMENT, ask: 'an admin of the workspace' });
  }
  for (const [at, need] of needs.entries()) {
    const holders = grants[at]?.value;
    const on = `${need.kind === 'function' ? 'model' : need.kind.replaceAll('_', ' ')} ${need.name}`;
    if (!holders) {
      const unlisted = /^system(?:\.|$)/.test(need.name) && isAbsent(grants[at]?.error);
      open.add(`the grants on ${on}${unlisted ? UNLISTED : ''}`);
      continue;
    }
    const held = await ask.need(need, holdersOf(need, holders));
    if (held === 'missing') missing.push(await ask.request(need, on));
  }
  signal.throwIfAborted();
  return rights({ active, missing, open: [...open] });
}

/** A question about rights that may have no answer: the caller may not see it, or the workspace lacks the route. */
async function attempt<T>(
  reading: Promise<T>,
): Promise<{ value: T; error?: undefined } | { value?: undefined; error: unknown }> {
  try {
    return { value: await reading };
  } catch (error) {
    return { error };
  }
}

/** Whether a principal that was not found can still be there: perhaps only admins see all service principals. */
async function isThere(http: Http, { name }: Member, error: unknown): Promise<false | undefined> {
  if (error !== undefined) return undefined;
  if (name.includes('@')) return false;
  const { value: caller } = await attempt(myself(http));
  return caller?.groups?.includes('admins') ? false : undefined;
}

/** A principal of which only the name is known. */
function stranger(name: string): Member {
  return { id: undefined, name, active: undefined, entitlements: undefined, groups: undefined };
}

/** Asks further when the grants alone do not show a right. Each object and each group is read once. */
class Asker {
  readonly #http: Http;
  readonly #principal: Member;
  /** What remains open, for the warning. */
  readonly #open: Set<string>;
  readonly #reads = new Map<string, Promise<{ value?: unknown; error?: unknown }>>();
  readonly #groups = new Map<string, Held>();

  constructor(http: Http, principal: Member, open: Set<string>) {
    this.#http = http;
    this.#principal = principal;
    this.#open = open;
  }

  async entitlement(): Promise<Held> {
    const direct = entitled(this.#principal, []);
    if (direct === 'held') return direct;
    const names = [...new Set([...(this.#principal.groups ?? []), 'users'])];
    const rows = names.length > MAX_GROUPS + 1 ? undefined : await Promise.all(names.map((name) => this.#row(name)));
    const held = entitled(this.#principal, rows);
    if (held === 'unknown') this.#open.add(`the entitlement ${ENTITLEMENT}`);
    return held;
  }

  /** The row of a group. A workspace may have no group `users`. */
  async #row(name: string): Promise<Group | undefined> {
    const { value, error } = await this.#once(`group ${name}`, () => group(this.#http, name));
    if (value || error || name !== 'users') return value;
    return { entitlements: [], nested: false, members: undefined, containsGroups: false };
  }

  /** Whether the principal has a privilege. Owners, and the admin of the metastore, may need no grant. */
  async need(need: Need, holders: readonly string[]): Promise<Held> {
    const granted = await this.#anyOf(holders);
    if (granted === 'held') return granted;
    const { kind, name } = need;
    if (kind === 'endpoint') return this.#settled(need, granted);
    const [own, above] = await Promise.all([this.#owner(kind, name), this.#others(kind, name)]);
    const owns = own === undefined ? 'unknown' : await this.#anyOf([own]);
    if (owns === 'held') return 'held';
    const higher = above.includes(undefined) ? 'unknown' : await this.#anyOf(above.flatMap((each) => each ?? []));
    // No page says that owning the catalog or the metastore is enough, nor that it is not.
    return this.#settled(need, best([granted, owns, higher === 'held' ? 'unknown' : higher]));
  }

  #settled({ privilege, name }: Need, held: Held): Held {
    if (held === 'unknown') this.#open.add(`${privilege} on ${name}, which may come through a group or an owner`);
    return held;
  }

  /** The owner of an object. Undefined when it cannot be read. */
  async #owner(kind: Securable, name: string): Promise<string | undefined> {
    return (await this.#once(`${kind} ${name}`, () => owner(this.#http, kind, name))).value;
  }

  /** The owners of the objects around a need, and the admin of the metastore. */
  async #others(kind: Securable, name: string): Promise<(string | undefined)[]> {
    const [catalog = '', schema] = name.split('.');
    const owners: Promise<string | undefined>[] = [];
    if (kind !== 'catalog') owners.push(this.#owner('catalog', catalog));
    if (kind !== 'catalog' && kind !== 'schema') owners.push(this.#owner('schema', `${catalog}.${schema}`));
    const { value: admin, error } = await this.#once('metastore', () => metastoreAdmin(this.#http));
    // Without the route there is no such admin to ask about.
    const absent = error instanceof ApiError && (error.status === 404 || error.status === 501);
    return [...(await Promise.all(owners)), ...(absent ? [] : [admin])];
  }

  /** Whether the principal goes by one of these names. */
  async #anyOf(names: readonly string[]): Promise<Held> {
    const answer = () => best(names.map((name) => goesBy(this.#principal, name, isGroupName(name), this.#groups)));
    const first = answer();
    if (first !== 'unknown') return first;
    const groups = names.filter((name) => isGroupName(name) && !this.#groups.has(name)).slice(0, MAX_GROUPS);
    await Promise.all(
      groups.map(async (name) => this.#groups.set(name, belongs(this.#principal, await this.#row(name)))),
    );
    return answer();
  }

  /** What to request, and from whom. */
  async request({ kind, name, privilege }: Need, on: string): Promise<MissingRight> {
    if (kind === 'endpoint') return { privilege, on, ask: `someone with CAN_MANAGE on ${on}` };
    const quoted = (text: string) => `\`${text.replaceAll('`', '``')}\``;
    const object = `${kind.toUpperCase()} ${name.split('.').map(quoted).join('.')}`;
    // The statement for a service is not documented.
    const grant = kind.includes('_') ? undefined : `GRANT ${privilege} ON ${object} TO ${quoted(this.#principal.name)}`;
    const ask = (await this.#owner(kind, name)) ?? `the owner of ${on}`;
    return { privilege, on, ask, ...(grant === undefined ? {} : { grant }) };
  }

  #once<T>(key: string, read: () => Promise<T>): Promise<{ value?: T | undefined; error?: unknown }> {
    const known = this.#reads.get(key) ?? attempt(read());
    this.#reads.set(key, known);
    return known as Promise<{ value?: T | undefined; error?: unknown }>; // a key names one kind of read
  }
}
