/** Statements over HTTP against a sandbox with a manual clock. */

import type { SandboxOptions } from '../../../src/sandbox/index.ts';
import { type Client, type Reply, startClient } from '../client.ts';

/** Warehouses of the default workspace: one runs, one is stopped. */
export const RUNNING = '4f1c2a9be07d3568';
export const STOPPED = '9b07c5e21fd4a683';
export const STATEMENTS = '/api/2.0/sql/statements';
export const WAREHOUSES = '/api/2.0/sql/warehouses';

export interface SqlClient extends Client {
  /** Sends a statement. */
  send(statement: string, more?: Record<string, unknown>, who?: string): Promise<Reply>;
  /** The rows of a statement. Throws with its error when it fails. */
  rows(statement: string, more?: Record<string, unknown>, who?: string): Promise<(string | null)[][]>;
}

export async function startSql(options: SandboxOptions = {}): Promise<SqlClient> {
  const client = await startClient(options);
  const send: SqlClient['send'] = (statement, more = {}, who) =>
    client.call('POST', STATEMENTS, { statement, warehouse_id: RUNNING, ...more }, who);
  return {
    ...client,
    send,
    async rows(statement, more, who) {
      const { body, text } = await send(statement, more, who);
      if (body?.status?.state !== 'SUCCEEDED') throw new Error(`${statement}: ${text}`);
      return body.result.data_array ?? [];
    },
  };
}
