/** What is wrong with a model service, from its settings and from rights that were asked. Pure. */
import { fallbacksOf, primariesOf, targetOf } from '../plan/model-service.ts';
import type { Destination, ModelService } from '../rest/model-services.ts';
import { fullNameOf } from '../rest/names.ts';
import type { MissingRight } from '../rights/creator-rights.ts';
import { clip } from '../text/sanitize.ts';
import type { Finding, Remedy } from './finding.ts';
import { SEVERITIES } from './finding.ts';
import type { Verdict } from './verdict.ts';

/** What was read of a service. */
export interface ServiceEvidence {
  name: string;
  found: ModelService;
  /** What the owner and the caller certainly lack. */
  owner: readonly MissingRight[];
  caller: readonly MissingRight[];
  /** Endpoints of provisioned throughput that do not serve. */
  notServing: readonly string[];
}

/** The findings, the most severe first. */
export function serviceFindings(evidence: ServiceEvidence): Finding[] {
  return [...destinations(evidence), ...limits(evidence), ...rights(evidence), ...table(evidence)].sort(
    (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity),
  );
}

/** One word for the health of a service, by its findings. */
export function serviceVerdict(findings: readonly Finding[]): Verdict {
  if (findings.some(({ severity }) => severity === 'critical')) return 'failing';
  return findings.some(({ severity }) => severity === 'major') ? 'degraded' : 'healthy';
}

const label = ({ name }: Destination) => clip(name, 100);

function routed(destination: Destination): string {
  const { model, endpoint, provider } = targetOf(destination);
  return clip(provider ?? (endpoint === undefined ? (model ?? 'nothing') : `endpoint ${endpoint}`), 200);
}

/** Who manages a service replaces the destination: which one to take is theirs to choose. */
function replace(name: string, what: string): Remedy {
  return {
    person: 'endpoint manager',
    say: `Restore what is behind it, or replace ${what} with update_model_service.`,
    after: { tool: 'get_endpoint', args: { endpoint: name } },
  };
}

function destinations({ name, found, notServing }: ServiceEvidence): Finding[] {
  const [primaries, fallbacks] = [primariesOf(found), fallbacksOf(found)];
  const unusable = (each: Destination) =>
    each.is_deleted === true || notServing.includes(targetOf(each).endpoint ?? '');
  const used = primaries.filter((each) => primaries.length === 1 || (each.traffic_percentage ?? 0) > 0);
  const helped = fallbacks.some((each) => !unusable(each));
  const all = used.every(unusable) && !helped;
  const findings: Finding[] = [];
  if (primaries.length === 0 && found.config !== undefined)
    findings.push({
      code: 'no_destination',
      severity: 'critical',
      confidence: 'certain',
      sentence: 'The service has no destination, so it can answer nothing.',
      evidence: [{ source: 'config', of: 'routing.destinations', text: 'empty' }],
      remedy: { person: 'endpoint manager', say: 'Give it a destination with update_model_service.' },
    });
  for (const each of used.filter(({ is_deleted }) => is_deleted))
    findings.push({
      code: 'destination_deleted',
      severity: all ? 'critical' : 'major',
      confidence: 'certain',
      sentence: `What destination ${label(each)} routes to is gone, so no request can use it${helped ? '; a fallback may answer instead' : ''}.`,
      evidence: [{ source: 'config', of: `destination ${label(each)}`, text: `${routed(each)}: is_deleted` }],
      remedy: replace(name, 'the destination'),
    });
  for (const each of used.filter((one) => !one.is_deleted && unusable(one)))
    findings.push({
      code: 'destination_not_serving',
      severity: all ? 'critical' : 'major',
      confidence: 'certain',
      sentence: `The endpoint behind destination ${label(each)} does not serve.`,
      evidence: [{ source: 'state', of: `destination ${label(each)}`, text: `${routed(each)}: not ready` }],
      remedy: {
        call: { tool: 'diagnose_endpoint', args: { endpoint: targetOf(each).endpoint } },
        writes: false,
        say: 'It finds out why the endpoint does not serve.',
      },
    });
  for (const each of fallbacks.filter(unusable))
    findings.push({
      code: 'fallback_deleted',
      severity: 'minor',
      confidence: 'certain',
      sentence: `Fallback ${label(each)} cannot take over: what it routes to is gone or does not serve.`,
      evidence: [{ source: 'config', of: `fallback ${label(each)}`, text: routed(each) }],
      remedy: replace(name, 'the fallback'),
    });
  return findings;
}

/** A limit of 0 refuses everything (fact V7). */
function limits({ name, found }: ServiceEvidence): Finding[] {
  const zero = (found.config?.rate_limits ?? []).filter(({ requests, tokens }) => requests === 0 || tokens === 0);
  return zero.map(({ key, principal }) => {
    const everyone = key === 'RATE_LIMIT_KEY_SERVICE' || key === 'RATE_LIMIT_KEY_USER_DEFAULT';
    const whom = key === 'RATE_LIMIT_KEY_SERVICE' ? 'everyone' : 'everyone whom no other limit names';
    const who = clip([key, principal].filter(Boolean).join(' '), 200);
    return {
      code: 'limit_zero',
      severity: everyone ? 'critical' : 'major',
      confidence: 'certain',
      sentence: `A limit of 0 refuses every request of ${everyone ? whom : 'one principal'}.`,
      evidence: [{ source: 'config', of: 'rate_limits', text: who }],
      remedy: {
        person: 'endpoint manager',
        say: 'If this is not intended, raise or remove the limit with set_rate_limits.',
        after: { tool: 'get_endpoint', args: { endpoint: name } },
      },
    } satisfies Finding;
  });
}

function rights({ owner, caller }: ServiceEvidence): Finding[] {
  const grant = ({ ask, grant: statement, privilege, on }: MissingRight): Remedy => ({
    person: 'object owner',
    say: clip(`Ask ${ask} for ${privilege} on ${on}.${statement === undefined ? '' : ` ${statement}`}`, 400),
  });
  return [
    ...owner.map(
      (each): Finding => ({
        code: 'owner_lacks_right',
        severity: 'major',
        confidence: 'certain',
        sentence:
          'The owner of the service lacks a right on a destination: requests there may be refused, and each change of the destinations is.',
        evidence: [{ source: 'grants', of: 'owner', text: `${each.privilege} on ${each.on}` }],
        remedy: grant(each),
      }),
    ),
    ...caller.map(
      (each): Finding => ({
        code: 'caller_lacks_right',
        severity: 'minor',
        confidence: 'certain',
        sentence: 'This login may not call the service. Others may.',
        evidence: [{ source: 'grants', of: 'caller', text: `${each.privilege} on ${each.on}` }],
        remedy: grant(each),
      }),
    ),
  ];
}

function table({ name, found }: ServiceEvidence): Finding[] {
  const { inference_table: inference } = found.config ?? {};
  if (!inference?.is_deleted) return [];
  return [
    {
      code: 'inference_table_deleted',
      severity: 'minor',
      confidence: 'certain',
      sentence: 'The inference table is gone, so requests are answered and not recorded.',
      evidence: [
        { source: 'config', of: 'inference_table', text: clip(fullNameOf(inference.table ?? 'unknown'), 200) },
      ],
      remedy: replace(name, 'the inference table'),
    },
  ];
}
