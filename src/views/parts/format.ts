/** Numbers and times as a person of this host reads them. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Look } from '../host/host.ts';

export interface Format {
  number(value: number): string;
  /** @param value in percent. */
  percent(value: number): string;
  /** @param value in milliseconds. */
  duration(value: number): string;
  /** Hours and minutes. @param at milliseconds since 1970. */
  clock(at: number): string;
  /** Day and time, with the time zone. */
  moment(at: number): string;
  day(at: number): string;
  /** A day of UTC, such as those of the service's tables. */
  date(at: number): string;
}

/** @throws never: a locale or time zone that the browser does not know is left out. */
export function formatOf({ locale, timeZone }: Look): Format {
  const made = <Made>(make: (locale: string | undefined, timeZone: string | undefined) => Made): Made => {
    try {
      return make(locale, timeZone);
    } catch {
      return make(undefined, undefined);
    }
  };
  const numbers = made((each) => new Intl.NumberFormat(each, { maximumFractionDigits: 2 }));
  const large = made((each) => new Intl.NumberFormat(each, { notation: 'compact', maximumFractionDigits: 1 }));
  const clock = made((each, zone) => new Intl.DateTimeFormat(each, { timeStyle: 'short', timeZone: zone }));
  const moment = made(
    (each, zone) =>
      new Intl.DateTimeFormat(each, {
        year: 'numeric',
        month: 'short',
        day: 'numeric',
        hour: 'numeric',
        minute: '2-digit',
        timeZoneName: 'short',
        timeZone: zone,
      }),
  );
  const day = made((each, zone) => new Intl.DateTimeFormat(each, { dateStyle: 'medium', timeZone: zone }));
  const date = made((each) => new Intl.DateTimeFormat(each, { month: 'short', day: 'numeric', timeZone: 'UTC' }));
  // Steps of a strange length can lead to a time that no calendar has.
  const time = (form: Intl.DateTimeFormat) => (at: number) =>
    Number.isNaN(new Date(at).getTime()) ? 'a time that no calendar has' : form.format(at);
  const number = (value: number) => (Math.abs(value) >= 1e7 ? large : numbers).format(value);
  return {
    number,
    percent: (value) => `${number(value)} %`,
    duration: (value) => (Math.abs(value) < 10_000 ? `${number(value)} ms` : `${number(value / 1_000)} s`),
    clock: time(clock),
    moment: time(moment),
    day: time(day),
    date: time(date),
  };
}

export const FormatContext = createContext<Format>(formatOf({}));

export function useFormat(): Format {
  return useContext(FormatContext);
}

/** A sentence of a tool, with its times in ISO form as a person of this host reads them. */
export function inTimes(text: string, format: Format): string {
  return text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z/g, (found) => {
    const at = Date.parse(found);
    return Number.isNaN(at) ? found : format.moment(at);
  });
}
