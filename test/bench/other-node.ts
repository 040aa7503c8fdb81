/** Node binaries that the bench and the tests of the built files run the server with. */
import { execFileSync } from 'node:child_process';

/** `OTHER_NODE=/path/to/node` names a second one, such as Node 24 next to the Node 20 that runs the tests. */
export function otherNode(): string[] {
  const path = process.env.OTHER_NODE;
  return path ? [path] : [];
}

/** Its version, and whether it has a compile cache (since Node 22.1). */
export function nodeFacts(node: string): { version: string; compileCache: boolean } {
  const script = `[process.version, 'enableCompileCache' in require('node:module')].join(' ')`;
  const [version = '', compileCache] = execFileSync(node, ['-p', script], { encoding: 'utf8' }).trim().split(' ');
  return { version: `Node ${version.slice(1)}`, compileCache: compileCache === 'true' };
}
