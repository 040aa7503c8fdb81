import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MINUTE, manualClock } from '../../../src/sandbox/clock.ts';
import { acceptConfig } from '../../../src/sandbox/endpoints/accept-config.ts';
import { settle } from '../../../src/sandbox/endpoints/lifecycle.ts';
import { buildWorkspace } from '../../../src/sandbox/seed/build-workspace.ts';
import { parseSeed } from '../../../src/sandbox/seed/seed.ts';
import type { Endpoint, Workspace } from '../../../src/sandbox/state/state.ts';

const spec = { kind: 'linear', inputs: [{ name: 'x', type: 'double' }], intercept: 0, coefficients: { x: 1 } };
const START = 1_800_000_000_000;

function workspaceWith(versions: object[]): { workspace: Workspace; endpoint: Endpoint } {
  const entity = (version: number) => ({
    entity_name: 'a.b.m',
    entity_version: String(version),
    scale_to_zero_enabled: true,
  });
  const seed = parseSeed({
    users: [{ user_name: 'admin@example.com', admin: true }],
    models: [{ full_name: 'a.b.m', versions: [{ version: 1, status: 'READY', spec }, ...versions] }],
    endpoints: [{ name: 'e', config: { served_entities: [entity(1)] } }],
  });
  let n = 7;
  const random = () => {
    n = (n * 16807) % 2147483647;
    return n / 2147483647;
  };
  const workspace = buildWorkspace(seed, manualClock(START), random);
  const endpoint = workspace.endpoints.get('e');
  if (!endpoint) throw new Error('The seed lost its endpoint.');
  endpoint.config_update = 'IN_PROGRESS';
  const routes = [2, 3].map((v) => ({ served_entity_name: `m-${v}`, traffic_percentage: 50 }));
  endpoint.pending = acceptConfig(workspace, {
    endpoint: 'e',
    config: { served_entities: [entity(1), entity(2), entity(3)], traffic_config: { routes } },
    version: 2,
    creator: 'admin@example.com',
    now: START,
    random,
    active: endpoint.config,
  });
  return { workspace, endpoint };
}

const fate = fc.record({
  status: fc.constant('READY'),
  spec: fc.constant(spec),
  deploy_minutes: fc.integer({ min: 0, max: 60 }),
  build_minutes: fc.integer({ min: 0, max: 20 }),
  failure: fc.option(fc.record({ phase: fc.constantFrom('build', 'load'), message: fc.constant('broken') }), {
    nil: undefined,
  }),
});

it('the number and times of reads do not change what happens to an endpoint', () => {
  fc.assert(
    fc.property(fate, fate, fc.array(fc.nat(90)), fc.nat(90), (second, third, looks, end) => {
      const { endpoint } = workspaceWith([
        { version: 2, ...second },
        { version: 3, ...third },
      ]);
      const watched = structuredClone(endpoint);
      for (const minute of looks.filter((m) => m <= end).sort((a, b) => a - b))
        settle(watched, START + minute * MINUTE);
      settle(watched, START + end * MINUTE);
      settle(endpoint, START + end * MINUTE);
      expect(watched).toEqual(endpoint);
      const failed = endpoint.config_update === 'UPDATE_FAILED';
      expect(endpoint.config?.config_version).toBe(endpoint.config_update === 'NOT_UPDATING' ? 2 : 1);
      if (failed) expect(endpoint.config?.served_entities.map((e) => e.deployment)).toEqual(['DEPLOYMENT_READY']);
    }),
    { numRuns: 500 },
  );
});
