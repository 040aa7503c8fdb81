/** Causes in the AI Gateway of an endpoint: guardrails, policies and the inference table. */
import { adviceFor } from '../../advice/advice.ts';
import { isObject } from '../../rest/json.ts';
import type { Evidence } from '../evidence.ts';
import type { Finding, Proof, Rule } from '../finding.ts';
import { fromWords, numbers, personal, type WordRule } from './from-words.ts';
import { failedNow, isMany } from './numbers.ts';
import { containersRefuse, saidBy, servedLogs } from './said.ts';

const WORDS: readonly WordRule[] = [
  {
    code: 'guardrail_input_pii',
    source: 'fact G7',
    severity: 'minor',
    sentence: () => 'A guardrail of the endpoint blocks requests that contain personal data.',
    explains: ['errors_4xx'],
  },
  {
    code: 'guardrail_input_safety',
    source: 'fact G7',
    causes: ['guardrail_input_safety', 'guardrail_in_words', 'guardrail_named'],
    severity: 'minor',
    sentence: () => 'A guardrail of the endpoint blocks requests because of their text.',
    explains: ['errors_4xx'],
  },
  {
    code: 'guardrail_output',
    source: 'fact G7',
    severity: 'minor',
    sentence: () => 'A guardrail of the endpoint withholds answers of the model.',
    explains: ['errors_4xx'],
  },
  {
    code: 'guardrail_broken',
    source: 'answers of the gateway in public reports',
    severity: 'share',
    sentence: () => 'A guardrail of the endpoint fails itself: it cannot judge the content.',
  },
  {
    code: 'service_policy_block',
    source: 'answers of model services in public reports',
    severity: 'minor',
    sentence: () => 'A policy of the model service blocks requests.',
    explains: ['errors_4xx'],
  },
];

/** Words about the table in an event or a log line. */
const TABLE = /\b(?:inference|payload)[ -](?:tables?|log(?:s|ging)?)\b|\bauto[ -]capture\b/i;
const BROKEN =
  /\bfail(?:s|ed|ing|ure)?\b|\berror\b|\bcorrupt\w*|\bunable\b|\bcannot\b|\bcould not\b|\bdenied\b|\bdoes not exist\b|\bnot found\b|\bmissing\b|\bdropped\b|\bmismatch\b|\bincompatible\b|\brejected\b|\bstopped\b|\bdisabled because\b/i;
const WORKS = /\b(?:succeeded|recovered|resumed|restored|healthy|no errors?|0 errors?)\b/i;
/** Values of a state that say so. Other states are those of a table that works, or of one that has no rows yet. */
const BAD_STATE = /^(?:.*_)?(?:FAILED|FAILURE|ERROR|CORRUPT(?:ED)?|INVALID|BROKEN|UNHEALTHY)(?:_.*)?$/i;

/** A table that no longer receives requests. Requests themselves work. */
const inferenceTable: Rule = {
  code: 'inference_table_broken',
  source: 'api reference, PayloadTable.status: FAILED when the table is corrupt; events of endpoints',
  find(evidence) {
    const proofs = [...stateProofs(evidence), ...eventProof(evidence), ...logProofs(evidence)];
    const [first, ...others] = proofs;
    if (!first) return undefined;
    return {
      code: 'inference_table_broken',
      severity: 'minor',
      sentence: 'The inference table does not receive the requests. The endpoint itself answers.',
      ...(first.at === undefined ? {} : { since: first.at }),
      evidence: [first, ...others.slice(0, 2)],
      remedy: {
        person: 'object owner',
        say: `Restore the table, its columns and the rights of the endpoint's creator on its schema. If the table was changed by hand, the endpoint's manager switches the inference table off and on again with another table prefix.`,
        after: { tool: 'get_endpoint', args: { endpoint: evidence.endpoint.name } },
      },
      confidence: first.source === 'config' ? 'certain' : 'likely',
    } satisfies Finding;
  },
};

function stateProofs({ endpoint }: Evidence): Proof[] {
  const config: Record<string, unknown> = endpoint.config ?? {};
  const places: [string, unknown][] = [
    ['ai_gateway.inference_table_config', endpoint.ai_gateway?.inference_table_config],
    ['config.auto_capture_config', config.auto_capture_config],
    ['telemetry_config.inference_table_config', endpoint.telemetry_config?.inference_table_config],
  ];
  return places.flatMap(([place, block]) => {
    if (!isObject(block) || block.enabled === false) return [];
    return states(block, place).slice(0, 1);
  });
}

/** The states in a block: the first level has them, or `state.payload_table`. */
function states(block: Record<string, unknown>, place: string): Proof[] {
  const own = [block.status, block.state].find((state) => typeof state === 'string' && BAD_STATE.test(state));
  if (typeof own === 'string') {
    const message = [block.status_message, block.message].find((text) => typeof text === 'string');
    return [{ source: 'config', of: place, text: typeof message === 'string' ? `${own}: ${message}` : own }];
  }
  return ['state', 'payload_table'].flatMap((name) => {
    const inner = block[name];
    return isObject(inner) ? states(inner, `${place}.${name}`) : [];
  });
}

/** The newest event about the table decides: a later success ends an earlier failure. */
function eventProof({ events = [] }: Evidence): Proof[] {
  const last = events.findLast(({ message, event_type }) =>
    TABLE.test(`${event_type.replaceAll('_', ' ')} ${message}`),
  );
  if (!last || !BROKEN.test(last.message) || WORKS.test(last.message.replace(/does not exist.*/i, ''))) return [];
  return [{ source: 'event', of: last.event_type, text: last.message, at: last.timestamp }];
}

function logProofs(evidence: Evidence): Proof[] {
  return servedLogs(evidence).flatMap(({ of, served, evidence: { lines } }) => {
    const at = lines.findLastIndex((line) => TABLE.test(line));
    const line = lines[at] ?? '';
    if (!/\b(?:ERROR|WARN(?:ING)?)\b/.test(line) || !BROKEN.test(line) || WORKS.test(line)) return [];
    return [{ source: 'service log' as const, of, text: line, at: served.timeOf(at) }];
  });
}

/** By the configuration: the endpoint refuses requests, no container did, and a guardrail is set to block. */
const piiByNumbers: Rule = {
  code: 'guardrail_input_pii',
  source: 'guardrails of the endpoint; a blocked request is a 400 (fact G7)',
  find(evidence) {
    const failed = failedNow(evidence);
    const { usage, endpoint } = evidence;
    if (!failed || !isMany(failed.clientErrors, failed.requests) || saidBy(evidence).length > 0) return undefined;
    const refused = usage?.byStatus.get(400);
    const total = usage && [...usage.byStatus.values()].reduce((sum, count) => sum + count, 0);
    if (total !== undefined && !isMany(refused ?? 0, total)) return undefined;
    const behavior = valueAt(endpoint.ai_gateway, ['guardrails', 'input', 'pii', 'behavior']);
    if (behavior !== 'BLOCK' || containersRefuse(evidence)) return undefined;
    const [proof] = numbers({ ...failed, serverErrors: 0 });
    if (!proof) return undefined;
    return {
      code: 'guardrail_input_pii',
      severity: 'minor',
      sentence:
        'Requests are refused with 4xx, and a guardrail of the endpoint blocks those that contain personal data.',
      evidence: [proof, { source: 'config', of: 'ai_gateway.guardrails.input.pii', text: 'behavior: BLOCK' }],
      remedy: personal(adviceFor('guardrail_input_pii', { endpoint: endpoint.name })),
      confidence: 'likely',
      explains: ['errors_4xx'],
    } satisfies Finding;
  },
};

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), value);
}

export const GATEWAY_RULES: readonly Rule[] = [...WORDS.map(fromWords), inferenceTable, piiByNumbers];
