/**
 * The list of tools as `tools/list` publishes it, computed by the build (`src/build.ts`), which replaces this file. Computing it from the schemas
 * takes 16 ms on Node 20 and 22 ms on Node 24, a quarter of a start and more. Without a build the list is empty, and the server computes it.
 */
import type { PublishedTool } from './tool-list.ts';

export const preparedList: readonly PublishedTool[] = [];
