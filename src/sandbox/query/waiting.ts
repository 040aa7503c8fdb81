import type { SandboxContext } from '../context.ts';
import { wake, warmth } from '../endpoints/lifecycle.ts';
import type { Endpoint, ServedEntity } from '../state/state.ts';
import { modelTime, type Performance } from '../traffic/served-model.ts';

/** Longest real wait that one request simulates, in milliseconds, however slow the sandbox clock is. */
const LONGEST_WAIT = 300;
/** The same for a wake that is slow on purpose. */
const LONGEST_SLOW_WAKE = 10 * 60_000;
/** Real milliseconds between two frames of a stream. On a manual clock there are none. */
const FRAME_MS = 15;

/** Sandbox milliseconds of waiting that a cap in real milliseconds allows. */
function capWait(ctx: SandboxContext, ms: number, cap: number): number {
  return Math.min(ms, cap * ctx.clock.speed);
}

/** Wakes a sleeping entity and waits for it. Returns the sandbox milliseconds that the request waited. */
export async function waitForEntity(
  ctx: SandboxContext,
  endpoint: Endpoint,
  entity: ServedEntity,
  { wake_ms, slow_wake }: Performance,
): Promise<number> {
  const now = ctx.clock.now();
  const state = warmth(endpoint, entity, now);
  if (state === 'warm') return Math.round(ctx.random() * 300) / 100;
  if (state === 'cold') wake(entity, now, wake_ms);
  const left = Math.max(0, (entity.waking_until ?? now) - now);
  await ctx.clock.sleep(capWait(ctx, left, slow_wake ? LONGEST_SLOW_WAKE : LONGEST_WAIT));
  return left;
}

/** Waits for the model time of one request, up to the cap. */
export async function takeTime(ctx: SandboxContext, performance: Performance, set?: number | null): Promise<number> {
  const model = set ?? modelTime(performance, ctx.random(), ctx.random());
  const wait = capWait(ctx, model, LONGEST_WAIT);
  if (wait / ctx.clock.speed >= 1) await ctx.clock.sleep(wait);
  return model;
}

/** The pause between two frames of a stream. It takes real time, so that a client sees the first token before the last. assumed: data.stream-pace */
export function framePause(ctx: SandboxContext, { frame_ms }: Performance): () => Promise<void> {
  const frame = (frame_ms ?? FRAME_MS) * ctx.clock.speed;
  return () => ctx.clock.sleep(frame);
}
