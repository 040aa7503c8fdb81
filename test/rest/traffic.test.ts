import { describe, expect, it } from 'vitest';
import { configInput } from '../../src/plan/config-input.ts';
import { Endpoint, trafficOf } from '../../src/rest/endpoints.ts';
import { entityViews, serving } from '../../tools/shared/view.ts';

type Sketch = { entities: string[]; routes?: Record<string, unknown>[] };

const read = ({ entities, routes }: Sketch, ready = 'READY') =>
  Endpoint.parse({
    name: 'churn',
    state: { ready },
    config: {
      served_entities: entities.map((name) => ({ name, state: { deployment: 'DEPLOYMENT_READY' } })),
      ...(routes ? { traffic_config: { routes } } : {}),
    },
  });
const to = (name: string, traffic_percentage: number) => ({ served_entity_name: name, traffic_percentage });

describe.each<[string, Sketch, Record<string, number>]>([
  [
    'both names of a route',
    { entities: ['a', 'b'], routes: [to('a', 90), { served_model_name: 'b', traffic_percentage: 10 }] },
    { a: 90, b: 10 },
  ],
  ['an entity that no route names', { entities: ['a', 'b'], routes: [to('a', 100)] }, { a: 100, b: 0 }],
  ['several entities without routes', { entities: ['a', 'b'] }, { a: 0, b: 0 }],
  ['an only entity without routes', { entities: ['a'] }, { a: 100 }],
  [
    'an only entity with a route without a name',
    { entities: ['a'], routes: [{ traffic_percentage: 100 }] },
    { a: 100 },
  ],
  [
    'a route without a name next to others',
    { entities: ['a', 'b'], routes: [{ traffic_percentage: 5 }, to('b', 95)] },
    { a: 0, b: 95 },
  ],
  ['an only entity without traffic', { entities: ['a'], routes: [to('a', 0)] }, { a: 0 }],
  ['nothing', { entities: [] }, {}],
])('shares of %s', (_what, sketch, shares) => {
  const seen = read(sketch);
  const { config } = seen;

  it('are read', () => {
    expect(Object.fromEntries(trafficOf(config))).toEqual(shares);
  });

  it('are the same when shown, in text, and when sent', () => {
    expect(entityViews(config)).toMatchObject(
      sketch.entities.map((entity) => ({ entity, traffic_percent: shares[entity] })),
    );
    const told = sketch.entities.map((name) => `${name} (${shares[name]} %)`).join(', ');
    if (told !== '') expect(serving(seen)).toBe(`serving ${told}`);
    const sent = configInput(config).traffic_config.routes;
    expect(Object.fromEntries(sent.map((route) => [route.served_entity_name, route.traffic_percentage]))).toEqual(
      shares,
    );
  });
});

it('the text says what is scaled to zero, and that nothing is serving', () => {
  const seen = read({ entities: ['a'] });
  Object.assign(seen.config?.served_entities?.[0]?.state ?? {}, { deployment_state_message: 'Scaled to zero' });
  expect(serving(seen)).toBe('serving a (100 %, scaled to zero)');
  expect(serving(Endpoint.parse({ name: 'churn' }))).toBe('nothing is serving');
});

describe('the text about an endpoint that is not ready', () => {
  it('does not say that the active config serves', () => {
    const seen = read({ entities: ['a', 'b'], routes: [to('a', 90), to('b', 10)] }, 'NOT_READY');
    expect(serving(seen)).toBe('a will get 90 %, b will get 10 %, not serving yet');
  });

  it.each([{}, { config: {} }, { config: { served_entities: [] } }])(
    'without entities %j says that nothing serves',
    (more) => {
      expect(serving(Endpoint.parse({ name: 'churn', state: { ready: 'NOT_READY' }, ...more }))).toBe(
        'nothing is serving',
      );
    },
  );
});
