import { Ajv, type ValidateFunction } from 'ajv';
import { MINUTE } from './clock.ts';
import type { SandboxApp, SandboxContext } from './context.ts';
import { settle, settleAll, stopEndpoint } from './endpoints/lifecycle.ts';
import { doStep } from './endpoints/steps.ts';
import { ApiError, invalid, missing } from './errors.ts';
import { type FaultRule, RULE_SCHEMA } from './faults/faults.ts';
import { type Call, endpointOf, jsonBody } from './http.ts';
import { dump } from './snapshot.ts';
import type { Step } from './state/step.ts';

let validateRule: ValidateFunction<FaultRule> | undefined;

/** Mounts the routes that control the sandbox itself. No real workspace has them, and they need the sandbox's own token. */
export function mountControl(app: SandboxApp, ctx: SandboxContext): void {
  app.use('/sandbox/*', async (c, next) => {
    requireKey(ctx, c);
    await next();
  });

  app.get('/sandbox/clock', (c) => c.json(time(ctx)));
  app.post('/sandbox/clock', async (c) => {
    const { advance_minutes: minutes } = await jsonBody(c);
    if (typeof minutes !== 'number' || !Number.isFinite(minutes) || minutes < 0) {
      throw invalid('advance_minutes must be a number of at least 0.');
    }
    ctx.clock.advance(minutes * MINUTE);
    settleAll(ctx.workspace, ctx.clock.now());
    return c.json(time(ctx));
  });

  app.get('/sandbox/faults', (c) => c.json({ faults: ctx.faults.list() }));
  app.post('/sandbox/faults', async (c) => {
    const rule: unknown = await jsonBody(c);
    validateRule ??= new Ajv({ strict: false }).compile<FaultRule>(RULE_SCHEMA);
    if (!validateRule(rule)) {
      const fault = validateRule.errors?.[0];
      throw invalid(
        `Invalid fault rule: ${fault?.instancePath.slice(1).replaceAll('/', '.') || 'rule'} ${fault?.message}.`,
      );
    }
    try {
      ctx.faults.add(rule);
    } catch (error) {
      throw invalid(`Invalid fault path: ${error instanceof Error ? error.message : 'not a pattern'}`);
    }
    return c.json({ faults: ctx.faults.list() });
  });
  app.delete('/sandbox/faults', (c) => {
    ctx.faults.clear();
    return c.json({ faults: [] });
  });

  app.get('/sandbox/requests', (c) => c.json({ requests: ctx.requests }));
  app.delete('/sandbox/requests', (c) => {
    ctx.requests.length = 0;
    return c.json({ requests: [] });
  });

  // The UI of the service can cancel an update; its public API cannot.
  app.post('/sandbox/endpoints/:name/cancel-update', (c) => {
    const endpoint = endpointOf(c, c.req.param('name'));
    if (endpoint.pending) endpoint.pending.cancels_at = ctx.clock.now();
    settle(endpoint, ctx.clock.now());
    return c.json({ name: endpoint.name, config_update: endpoint.config_update });
  });

  // The same holds for a stop. A config update starts the endpoint again.
  app.post('/sandbox/endpoints/:name/stop', (c) => {
    const endpoint = endpointOf(c, c.req.param('name'));
    if (!endpoint.config || endpoint.foundation || endpoint.tile || endpoint.config_update === 'IN_PROGRESS') {
      throw invalid('Only an endpoint that serves, and is not updating, can be stopped.');
    }
    stopEndpoint(endpoint);
    return c.json({ name: endpoint.name, suspend: 'STOPPED' });
  });

  // What a person does outside the API. The step says what it changes.
  app.get('/sandbox/steps', (c) => c.json({ steps: [...ctx.workspace.steps.values()].map(shown) }));
  app.post('/sandbox/steps/:step', (c) => {
    const name = c.req.param('step');
    const step = ctx.workspace.steps.get(name);
    if (!step) {
      const known = [...ctx.workspace.steps.keys()];
      throw missing(
        known.length === 0 ? 'This workspace has no steps.' : `No step '${name}'. Steps: ${known.join(', ')}.`,
      );
    }
    doStep(ctx.workspace, step, ctx.clock.now());
    return c.json(shown(step));
  });

  app.get('/sandbox/state', (c) => c.json(dump(ctx.workspace, ctx.clock.now())));
  app.post('/sandbox/reset', (c) => {
    ctx.reset();
    return c.json(time(ctx));
  });
}

function shown({ name, does, done_at }: Step): Record<string, unknown> {
  return { name, does, done_at };
}

function time(ctx: SandboxContext): Record<string, unknown> {
  const now = ctx.clock.now();
  return { now, time: new Date(now).toISOString() };
}

function requireKey(ctx: SandboxContext, c: Call): void {
  if (c.get('token').value !== ctx.admin_token) {
    throw new ApiError(403, 'PERMISSION_DENIED', 'The /sandbox/ routes need the sandbox token.', { detailed: false });
  }
}
