/** A swap that a wait alone does not finish: the version serves, and the alias still has to move. */
import { isOpen, type JournalEntry } from '../../src/journal/entry.ts';
import { parseCalls } from '../../src/journal/lines.ts';
import { arePlain } from '../../src/plan/plain-arguments.ts';
import { aliasNameOf, isAlias } from '../../src/plan/rewind.ts';
import { callText, type ToolResult } from '../../src/refusal.ts';
import type { Http } from '../../src/rest/http.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';
import { knownAliases } from './carried-over.ts';

/** How many of the newest changes of the endpoint are searched. A call does not continue an older one. */
const SEARCHED = 20;

/**
 * The newest open swap of this server whose version the endpoint serves, with the alias that still names another one.
 * @returns undefined when there is none, or when the record or the aliases cannot be read.
 */
export async function unfinishedSwap(seen: Endpoint, { http, journal }: ToolContext): Promise<ToolResult | undefined> {
  if (!journal) return undefined;
  const { host } = await http.signer();
  const where = ({ host: at, subject, tool }: JournalEntry) =>
    at === host && subject.kind === 'endpoint' && subject.name === seen.name && tool === 'swap_version';
  const { entries } = await journal.read({ where, newest: SEARCHED }).catch(() => ({ entries: [] }));
  const [entry] = entries;
  const move =
    entry && isOpen(entry) ? entry.changes.find((change) => isAlias(change) && change.to !== undefined) : undefined;
  if (!entry || !move) return undefined;
  const alias = aliasNameOf(move);
  if (!(await isUnmoved(seen, alias, String(move.to), http))) return undefined;
  const [call] = parseCalls(entry.call) ?? [];
  const shown = call && arePlain(call.args) ? callText(call) : undefined;
  return {
    change: entry.id,
    not_done: [`alias ${alias}`],
    ...(shown === undefined ? {} : { continue_with: shown }),
  };
}

/** Whether the endpoint serves the version, and the alias of its model names another one. */
async function isUnmoved({ config }: Endpoint, alias: string, version: string, http: Http): Promise<boolean> {
  const served = endpoints.entitiesOf(config).find(({ entity_version }) => entity_version === version);
  if (served?.entity_name === undefined) return false;
  const aliases = await knownAliases(http, served.entity_name, false);
  return aliases !== undefined && !aliases.some((each) => each.name === alias && String(each.version) === version);
}
