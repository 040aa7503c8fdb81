import { chance, hash32 } from '../ids.ts';
import { toJson } from '../json.ts';
import { failure } from '../models/answer.ts';
import { answerQuery } from '../models/answer-query.ts';
import { predict, predictRaised } from '../models/inference.ts';
import type { InputColumn, ModelSpec } from '../state/model-spec.ts';
import type { Endpoint, RoutedRequest, Workspace } from '../state/state.ts';
import { isTabular, servedSpec } from '../traffic/served-model.ts';

const PHRASES = [
  'Where is my order?',
  'How do I reset my password?',
  'The invoice of last month is wrong.',
  'Please cancel my contract.',
  'Can I change the delivery address?',
];

/** The bodies of a seeded request. They are made when someone reads them, always the same, and the answer is what the model computes. */
export function seededBodies(
  workspace: Workspace,
  endpoint: Endpoint,
  request: RoutedRequest,
): { request: string; response: string } {
  const entity = endpoint.releases
    .flatMap(({ config }) => (config.config_version === request.config_version ? config.served_entities : []))
    .find(({ config }) => config.name === request.entity);
  const spec: ModelSpec = entity ? servedSpec(workspace, endpoint, entity) : { kind: 'completion' };
  const seed = hash32(`${endpoint.name}/${request.at}`);
  const body = bodyOf(spec, seed, request);
  return { request: toJson(body), response: toJson(responseOf(spec, body, request)) };
}

function bodyOf(spec: ModelSpec, seed: number, { status, refused, raised }: RoutedRequest): Record<string, unknown> {
  if (spec.kind === 'linear' || spec.kind === 'logistic') {
    const row = Object.fromEntries(
      spec.inputs.map((column, at) => [column.name, columnValue(column, chance(seed, at, 1))]),
    );
    const [first] = spec.inputs;
    // A caller whose requests fail leaves a column out.
    if (status === 400 && !refused && raised === undefined && first) delete row[first.name];
    return { dataframe_records: [row] };
  }
  if (spec.kind === 'feature-spec') {
    const row = Object.fromEntries(spec.primary_keys.map((key, at) => [key, Math.floor(chance(seed, at, 1) * 1000)]));
    return { dataframe_records: [row] };
  }
  const text = PHRASES[Math.floor(chance(seed, 0, 1) * PHRASES.length)] ?? '';
  if (spec.kind === 'embedding') return { input: [text] };
  if (spec.kind === 'completion') return { prompt: text };
  const messages = [{ role: 'user', content: text }];
  return spec.kind === 'agent' && spec.protocol === 'responses' ? { input: messages } : { messages };
}

function columnValue({ type, enum: allowed }: InputColumn, point: number): unknown {
  if (allowed !== undefined && allowed.length > 0) return allowed[Math.floor(point * allowed.length)];
  if (type === 'boolean') return point < 0.5;
  if (type === 'string') return `value-${Math.floor(point * 100)}`;
  return type === 'double' ? Math.round(point * 10_000) / 100 : Math.floor(point * 60);
}

function responseOf(spec: ModelSpec, body: unknown, request: RoutedRequest): unknown {
  const { status, raised, refused, answered, at } = request;
  if (answered !== undefined) return answered;
  if (refused || status === 429)
    return failure(status, 'REQUEST_LIMIT_EXCEEDED', 'Exceeded the rate limit of the endpoint.').body;
  if (raised !== undefined && isTabular(spec) && status === 400) return predictRaised(raised).body;
  if (status >= 500) return failure(status, 'INTERNAL_ERROR', raised ?? 'The model server failed.').body;
  const answer = answerOf(spec, body, at);
  if (status < 400 || answer.status >= 400) return answer.body;
  return failure(status, 'BAD_REQUEST', 'The request is not valid for this model.').body;
}

function answerOf(spec: ModelSpec, body: unknown, at: number): { status: number; body: unknown } {
  if (spec.kind === 'linear' || spec.kind === 'logistic' || spec.kind === 'feature-spec') return predict(spec, body);
  if (spec.kind === 'external') return { status: 200, body: {} };
  const outcome = answerQuery(spec, body, {
    route: 'invocations',
    model: 'model' in spec ? spec.model : spec.kind,
    strict: false,
    honourBase64: false,
    stamp: { id: hash32(String(at)).toString(16), created: at / 1000 },
    guard: (_side, text) => ({ text }),
  });
  return outcome.kind === 'whole' ? outcome.answer : { status: 200, body: [...outcome.frames] };
}
