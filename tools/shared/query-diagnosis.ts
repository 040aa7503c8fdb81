/** A failed query with its cause, by the rules of the diagnosis. */
import { remember } from '../../src/diagnose/own-answers.ts';
import { call, Refusal } from '../../src/refusal.ts';
import { ApiError } from '../../src/rest/errors.ts';
import type { Endpoint } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';

/**
 * The same error, with the cause that its words show. Where the fault lies with the endpoint, its next step offers a diagnosis.
 * @param found the endpoint, where the caller may read it. A diagnosis needs that too.
 */
export async function explained(
  error: unknown,
  found: Endpoint | undefined,
  { clock, history }: Pick<ToolContext, 'clock' | 'history'>,
): Promise<unknown> {
  const refusal = error instanceof Refusal ? error.cause : error;
  if (!found) return error;
  if (refusal instanceof ApiError) {
    // Few queries fail, so the rules load with the first one that does.
    const { findingIn, isOfEndpoint, ownAnswer } = await import('../../src/diagnose/answer.ts');
    const answer = ownAnswer(refusal, found.name, clock.now());
    const finding = findingIn(answer, found);
    if (!finding) return error;
    const ofEndpoint = isOfEndpoint(finding);
    if (ofEndpoint) remember(history, found.name, answer);
    refusal.explained = { cause: finding.code, next: ofEndpoint ? offer(found.name) : undefined };
    return error;
  }
  if (error instanceof Refusal && error.code === 'timeout') {
    const { code, message, next, data, retryable } = error;
    return new Refusal(code, message, `${next} ${offer(found.name)}`, data, { retryable });
  }
  return error;
}

function offer(endpoint: string): string {
  return `${call('diagnose_endpoint', { endpoint })} reads what the endpoint itself shows about the cause.`;
}
