/** Refuses numbers that a tool would send with other digits than the caller wrote. Pure. */
import { Refusal } from '../refusal.ts';
import { isExact, maybeRounded } from '../rest/exact-json.ts';

/** @throws Refusal for a number that is known to lose digits as a plain number. */
export function refuseExactNumbers(args: unknown): void {
  for (const [name, value] of Object.entries(args ?? {})) {
    const lost = first(value, isExact)?.toString().slice(0, 40);
    if (lost !== undefined)
      throw refusal(`${name.slice(0, 60)} holds the number ${lost}, which loses digits as a JSON number`);
  }
}

/** @throws Refusal for a number that may have lost digits before it arrived: a transport that hands over parsed messages rounds it. */
export function refuseRoundedNumbers(args: unknown): void {
  for (const [name, value] of Object.entries(args ?? {})) {
    const lost = first(value, maybeRounded);
    if (lost !== undefined)
      throw refusal(`${name.slice(0, 60)} holds the number ${lost}, which may have lost digits before it arrived`);
  }
}

function refusal(message: string): Refusal {
  return new Refusal(
    'invalid_arguments',
    `${message}; nothing was sent`,
    'Give the number as text, in quotes, if the model or the setting accepts text.',
  );
}

/** The first part of a value that has a property. */
function first<Found>(value: unknown, is: (part: unknown) => part is Found): Found | undefined {
  if (is(value)) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    const found = first(inner, is);
    if (found !== undefined) return found;
  }
  return undefined;
}
