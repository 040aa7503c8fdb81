import DEFAULT_WORKSPACE from '../seed/default-workspace.json' with { type: 'json' };
import { assistantSilent } from './assistant-silent.ts';
import { buildDiesLate } from './build-dies-late.ts';
import { busyHours } from './busy-hours.ts';
import { callersTurnedAway } from './callers-turned-away.ts';
import { configChangeFails } from './config-change-fails.ts';
import { diesWhileLoading } from './dies-while-loading.ts';
import { doubleTrouble } from './double-trouble.ts';
import { firstCallHangs } from './first-call-hangs.ts';
import { gpuEndpointWaits } from './gpu-endpoint-waits.ts';
import { handoverBrokeUpdates } from './handover-broke-updates.ts';
import { imageNeverBuilt } from './image-never-built.ts';
import type { Incident, SeedParts } from './incident.ts';
import { modelNameGone } from './model-name-gone.ts';
import { newModelNoEffect } from './new-model-no-effect.ts';
import { newVersionCrashes } from './new-version-crashes.ts';
import { nightlyScoresMissing } from './nightly-scores-missing.ts';
import { noRoomLeft } from './no-room-left.ts';
import { nobodyMayUpdate } from './nobody-may-update.ts';
import { partnerAppErrors } from './partner-app-errors.ts';
import { rebuildRefused } from './rebuild-refused.ts';
import { restartsForever } from './restarts-forever.ts';
import { retrainCannotBuild } from './retrain-cannot-build.ts';
import { slowThenErrors } from './slow-then-errors.ts';
import { startFailsAfterMove } from './start-fails-after-move.ts';
import { supportBotRefuses } from './support-bot-refuses.ts';
import { translatorStopped } from './translator-stopped.ts';
import { twoAlarms } from './two-alarms.ts';
import { updateHangs } from './update-hangs.ts';

export type { Incident, Remedy, SeedParts, Wording } from './incident.ts';

/** Every incident that can be rehearsed. */
export const INCIDENTS: readonly Incident[] = [
  newVersionCrashes,
  imageNeverBuilt,
  rebuildRefused,
  diesWhileLoading,
  gpuEndpointWaits,
  updateHangs,
  callersTurnedAway,
  slowThenErrors,
  newModelNoEffect,
  nobodyMayUpdate,
  assistantSilent,
  twoAlarms,
  buildDiesLate,
  retrainCannotBuild,
  configChangeFails,
  startFailsAfterMove,
  handoverBrokeUpdates,
  restartsForever,
  noRoomLeft,
  busyHours,
  firstCallHangs,
  nightlyScoresMissing,
  partnerAppErrors,
  supportBotRefuses,
  translatorStopped,
  modelNameGone,
  doubleTrouble,
];

/** The default workspace with more in it. Rows with the name of a row of the default workspace replace it. */
export function workspaceWith(parts: SeedParts): unknown {
  const base: Record<string, unknown> = DEFAULT_WORKSPACE;
  const merged = Object.entries(parts).map(([field, added]) => {
    const before = base[field];
    if (!Array.isArray(added) || !Array.isArray(before)) return [field, added];
    const names = new Set(added.map(nameOf));
    return [field, [...before.filter((row) => !names.has(nameOf(row))), ...added]];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

/**
 * The seed of an incident: the default workspace, and the incident in it.
 * @param wording which of its forms, from 1.
 * @throws RangeError for an incident or a wording that does not exist.
 */
export function incidentSeed(name: string, wording: number): unknown {
  const found = INCIDENTS.find((each) => each.name === name)?.wordings[wording - 1];
  if (found === undefined) throw new RangeError(`There is no incident ${name}:${wording}.`);
  return workspaceWith(found.seed);
}

/** What names a row of a seed. */
function nameOf(row: unknown): unknown {
  const { full_name, name, user_name, application_id } = row as Record<string, unknown>; // rows of a seed are objects
  return full_name ?? name ?? user_name ?? application_id;
}
