/** The change of an endpoint's telemetry, as a part of an update. */
import type { JournalEntry } from '../../src/journal/entry.ts';
import { canonical, type FieldDiff } from '../../src/plan/diff.ts';
import {
  mergedTelemetry,
  problemsOfKind,
  problemsOfResult,
  problemsOfTelemetry,
  sameTelemetry,
  type TelemetryInput,
  telemetryInput,
  telemetryKind,
  telemetrySettings,
} from '../../src/plan/telemetry.ts';
import { Refusal } from '../../src/refusal.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import { defined } from '../../src/rest/json.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { type Reached, step } from '../../src/write/planned-write.ts';
import type { Part } from './own-routes.ts';

export interface TelemetryWish {
  telemetry?: Record<string, unknown> | undefined;
  /** Remove the telemetry, or begin with none. */
  remove: boolean;
}

export interface TelemetryPart extends Part {
  problems: string[];
  /** A caution for every answer. */
  note: string | undefined;
}

const NOTHING: TelemetryPart = { changes: [], steps: [], problems: [], note: undefined };

/** A report of one user, so it is said and nothing is refused (fact E18). */
const NOTE =
  'One user reported that telemetry set on an existing endpoint was accepted but wrote no rows. Check the tables after some requests.';

/** Telemetry is refused while an update runs, so its step comes before that of the config (fact E16). */
export async function telemetryChange(
  current: Endpoint,
  { telemetry, remove }: TelemetryWish,
  context: ToolContext,
): Promise<TelemetryPart> {
  const stored = current.telemetry_config;
  const before = telemetrySettings(stored);
  if (telemetry === undefined && (!remove || !before)) return NOTHING;
  const given = telemetry && telemetryInput(telemetry);
  const wanted = given && mergedTelemetry(remove ? undefined : stored, given);
  const problems =
    given && wanted
      ? [...problemsOfKind(telemetryKind(current)), ...problemsOfTelemetry(given), ...problemsOfResult(wanted)]
      : [];
  if (problems.length > 0) return { ...NOTHING, problems };
  if (await isThere(current, wanted, context)) return NOTHING;
  return {
    problems,
    note: wanted && NOTE,
    changes: [defined({ field: 'telemetry', from: before, to: wanted })],
    steps: [telemetryStep(current, wanted, context)],
  };
}

/** How many of the newest changes with the same tables are searched. */
const SEARCHED = 20;

/** Whether the endpoint has this telemetry. Table names are only known from the journal, when this server made the profile. */
async function isThere(
  { name, telemetry_config: stored }: Endpoint,
  wanted: TelemetryInput | undefined,
  { journal, http }: ToolContext,
): Promise<boolean> {
  const profile = stored?.telemetry_profile_id;
  if (wanted?.table_names === undefined) return sameTelemetry(stored, wanted, undefined);
  if (!journal || profile === undefined || !sameTelemetry(stored, wanted, profile)) return false;
  const { host } = await http.signer();
  const tables = canonical(sanitize(wanted.table_names));
  const made = ({ field, to }: FieldDiff) => field === 'telemetry' && tablesOf(to) === tables;
  const where = (entry: JournalEntry) => entry.host === host && entry.subject.name === name && entry.changes.some(made);
  const { entries } = await journal.read({ where, newest: SEARCHED });
  return entries.some((entry) => entry.telemetry_profile_id === profile);
}

function tablesOf(recorded: unknown): string {
  return canonical((recorded as TelemetryInput | undefined)?.table_names); // a change of telemetry records an object
}

function telemetryStep(current: Endpoint, wanted: TelemetryInput | undefined, { http }: ToolContext) {
  const { name, telemetry_config: earlier } = current;
  const made = (found: Endpoint) =>
    sameTelemetry(found.telemetry_config, wanted, undefined) &&
    (wanted?.table_names === undefined ||
      found.telemetry_config?.telemetry_profile_id !== earlier?.telemetry_profile_id);
  return step<Endpoint>({
    what: 'telemetry',
    label: 'telemetry',
    target: name,
    request: endpoints.patchTelemetry(name, wanted),
    async lost() {
      const found = await endpoints.get(http, name);
      return made(found) ? { answer: found, ours: false } : undefined;
    },
    reach: async (answer) => reached(answer, made(answer)),
  });
}

async function reached({ name, telemetry_config: stored }: Endpoint, made: boolean): Promise<Reached> {
  if (made) return { kind: 'reached', view: { telemetry: stored ?? null }, profileId: stored?.telemetry_profile_id };
  const cause = new Refusal(
    'not_applied',
    `the service accepted the telemetry of ${name} and answered with another one`,
    'See telemetry for what the service has. Correct the call, or ask the user.',
    { telemetry: stored ?? null },
  );
  return { kind: 'failed', harmless: false, cause };
}
