/**
 * zod compiles a parser for every object schema at its first use. Most schemas of this program parse once or never, so compiling
 * costs a start 3 to 4 ms and gains nothing. zod reads the setting when it makes a schema: import this file before any other that makes one.
 */
import * as z from 'zod';

z.config({ jitless: true });
