/** The guard in the path of every request: what the caller's token does not reach is not sent, or leaves under the identity of the app. */
import type { Binding, Http, Method } from '../rest/http.ts';
import type { Reach } from '../rights/reach.ts';

/**
 * @param own the connection under the caller's token.
 * @param app the connection under the identity of the app, where the reach lets requests leave under it.
 */
export function withinReach(own: Http, reach: Reach, app: Http | undefined, onDetour?: Binding['onDetour']): Http {
  /** @throws UnreachedError before anything is sent. */
  const through = (method: Method, path: string): Http => {
    const detour = reach.detour(method, path);
    if (detour === undefined) return own;
    onDetour?.(detour);
    if (detour !== 'app') throw detour;
    if (!app) throw new Error('unreachable: requests leave under the identity of the app, and there is none');
    return app;
  };
  return {
    ...own,
    detour: (method, path) => reach.detour(method, path),
    json: async (method, path, options) => through(method, path).json(method, path, options),
    text: async (method, path, options) => through(method, path).text(method, path, options),
    open: async (method, path, options) => through(method, path).open(method, path, options),
    bind: (binding) => withinReach(own.bind(binding), reach, app?.bind(binding), binding.onDetour),
  };
}
