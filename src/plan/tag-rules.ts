/** Rules for the tags of an endpoint. Pure. */

/** 1 to 255 characters, none of which is a dot, comma, equals sign, slash or colon (fact E19). */
const TAG_KEY = /^[^.,=/:]{1,255}$/su;

/** Tags to set whose key the service refuses. Keys that are removed may be older than the rule. */
export function problemsOfTagKeys(tags: Record<string, unknown> | undefined): string[] {
  return Object.entries(tags ?? {}).flatMap(([key, value]) =>
    value === null || TAG_KEY.test(key)
      ? []
      : [`tag key ${JSON.stringify(key.slice(0, 60))} must have 1 to 255 characters, and none of . , = / :`],
  );
}
