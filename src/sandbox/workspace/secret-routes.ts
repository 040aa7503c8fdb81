import type { SandboxApp } from '../context.ts';
import { invalid, missing } from '../errors.ts';
import { answer } from '../http.ts';

/** Mounts the names of secrets. Values are not stored, so none can be read. */
export function mountSecrets(app: SandboxApp): void {
  app.get('/api/2.0/secrets/scopes/list', (c) => {
    const scopes = [...c.get('workspace').scopes.values()].map(({ name }) => ({ name, backend_type: 'DATABRICKS' }));
    return answer(c, { scopes });
  });

  app.get('/api/2.0/secrets/list', (c) => {
    const scope = c.req.query('scope');
    if (scope === undefined) throw invalid('Missing required field: scope.');
    const held = c.get('workspace').scopes.get(scope);
    // assumed: scope-missing-text
    if (!held) throw missing(`Scope ${scope} does not exist!`);
    const secrets = [...held.keys].map(([key, last_updated_timestamp]) => ({ key, last_updated_timestamp }));
    return answer(c, { secrets });
  });
}
