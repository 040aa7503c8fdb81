/**
 * zod compiles a parser for each object schema at its first use. Most schemas of this program parse once or never, so compiling costs a start 4 ms
 * and gains nothing. zod reads the setting when it makes a schema, so `main.ts` imports this file first. In the built server the schemas that the
 * tools share come even earlier, but a start does not parse with them.
 */
import * as z from 'zod';

z.config({ jitless: true });
