/** What a running guarded rollout adds to a diagnosis. It changes no verdict: a rollout is no fault of the endpoint. Pure. */
import { callText, type ToolCall } from '../refusal.ts';
import type { RunningRollout } from '../rollout/state.ts';
import type { Diagnosis } from './diagnose.ts';
import type { Finding, Remedy } from './finding.ts';

/** Tools that change what the endpoint serves. During a rollout, such a call would hold it and leave the canary as it is. */
const CHANGES: ReadonlySet<string> = new Set(['swap_version', 'set_traffic', 'update_endpoint']);

/** @param line the rollout in one line. */
export function withRollout<T extends Diagnosis>(
  diagnosis: T,
  endpoint: string,
  running: RunningRollout | undefined,
  line: string,
): T {
  if (!running || running.phase === 'ended' || running.phase === 'unstarted') return diagnosis;
  const by = (action: string): ToolCall => ({
    tool: 'roll_out',
    args: { endpoint, version: running.version, action },
  });
  const findings = diagnosis.findings.map((each) =>
    isGrave(each) && isOfCanary(each, running) ? { ...each, remedy: abortInstead(each.remedy, by('abort')) } : each,
  );
  const held = running.held ?? running.foreign;
  return held === undefined ? { ...diagnosis, findings } : { ...diagnosis, findings: [...findings, heldNote()] };

  function heldNote(): Finding {
    return {
      code: 'rollout_held',
      severity: 'note',
      confidence: 'certain',
      sentence: `The guarded rollout of version ${running?.version} is held: it does not continue by itself.`,
      evidence: [{ source: 'state', of: 'rollout', text: line }],
      remedy: {
        person: 'endpoint manager',
        say: `Decide whether to continue. ${callText(by('resume'))} continues it, and ${callText(by('abort'))} gives the old version all traffic.`,
      },
    };
  }
}

/** Whether a finding is a reason to end a rollout. */
function isGrave({ severity }: Finding): boolean {
  return severity === 'critical' || severity === 'major';
}

/** Whether a finding names the new entity and not the old one, or would deploy the new version again. */
function isOfCanary({ sentence, evidence, remedy }: Finding, { canary, baseline, version }: RunningRollout): boolean {
  const texts = [sentence, ...evidence.map(({ of }) => of)];
  const names = (entity: string) => entity !== '' && texts.some((text) => words(text).includes(entity));
  const redeploys =
    remedy !== undefined &&
    'call' in remedy &&
    remedy.call.tool === 'swap_version' &&
    remedy.call.args.version === version;
  return (names(canary) || redeploys) && !names(baseline);
}

/** Names of entities have letters, digits, `-`, `_` and `.` only. A sentence may end with one. */
function words(text: string): string[] {
  return text.split(/[^\w.-]+/).map((each) => each.replace(/\.$/, ''));
}

/** An abort in place of a change to the endpoint. What a person must repair stays, and the abort comes first. */
function abortInstead(remedy: Remedy | undefined, abort: ToolCall): Remedy {
  const say =
    'The finding concerns the new version of a guarded rollout alone. The old version gets all traffic again.';
  if (!remedy || ('call' in remedy && (remedy.writes || CHANGES.has(remedy.call.tool))))
    return { call: abort, writes: true, say };
  if ('call' in remedy) return remedy;
  return {
    person: remedy.person,
    say: `${callText(abort)} gives the old version all traffic again. Then: ${remedy.say}`,
    ...(remedy.after && !CHANGES.has(remedy.after.tool) ? { after: remedy.after } : {}),
  };
}
