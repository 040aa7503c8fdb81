/**
 * The list of tools as `tools/list` publishes it. The build (`src/build.ts`) replaces this file with the computed list. With it, a session that only
 * lists the tools does not load them, which saves 35 ms, half of a start. Without a build there is no list, and the server computes it.
 */
import type { ListedTool } from './describe-tool.ts';

export const preparedList: readonly ListedTool[] | undefined = undefined;
