/** Reads the body of a request within its limits. */
import type { IncomingMessage } from 'node:http';
import { tooLarge } from './head.ts';
import { type HttpRefusal, PARSE_ERROR, refusal } from './refusal.ts';

interface BodyLimits {
  maxBody: number;
  /** Time for all of it, in milliseconds. */
  bodyMs: number;
  /** Called with the bytes of each part, before it is kept. */
  hold(bytes: number): HttpRefusal | undefined;
}

/** @returns the text, a refusal, or undefined when the client went away. The rest of a refused body stays unread. */
export function readBody(
  request: IncomingMessage,
  { maxBody, bodyMs, hold }: BodyLimits,
): Promise<string | HttpRefusal | undefined> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(
      () => end(closing(refusal(408, `the body did not arrive within ${Math.round(bodyMs / 1000)} s`))),
      bodyMs,
    );
    const take = (part: Buffer) => {
      size += part.length;
      const refused = size > maxBody ? closing(tooLarge(maxBody)) : hold(part.length);
      if (refused) end(refused);
      else parts.push(part);
    };
    const whole = () => end(textOf(Buffer.concat(parts)));
    const gone = () => end(undefined);
    function end(result: string | HttpRefusal | undefined): void {
      clearTimeout(timer);
      request.off('data', take).off('end', whole).off('close', gone).pause();
      resolve(result);
    }
    request.on('data', take).on('end', whole).on('close', gone);
  });
}

/** The rest is not worth waiting for. */
function closing(refused: HttpRefusal): HttpRefusal {
  return { ...refused, headers: { connection: 'close' } };
}

/** A replaced byte would be a changed request. */
function textOf(bytes: Buffer): string | HttpRefusal {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { ...refusal(400, 'the body is not UTF-8'), code: PARSE_ERROR };
  }
}
