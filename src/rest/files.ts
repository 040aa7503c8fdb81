/** Text files in a volume of Unity Catalog. */
import { ApiError } from './errors.ts';
import type { Http } from './http.ts';

const ROOT = '/api/2.0/fs';

/** A path of a file or folder in a volume: `/Volumes/catalog/schema/volume/…` (fact N1). */
export const VOLUME_PATH = /^\/Volumes(?:\/[^/\p{Cc}]+){3,}\/?$/u;

/** Largest file that is read, in bytes. */
const MAX_TEXT = 16 * 1024 * 1024;

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** Undefined when there is no such file, nor perhaps its volume: the service answers both with 404 (fact N3). */
export async function read(http: Http, path: string): Promise<string | undefined> {
  try {
    return await http.text('GET', `${ROOT}/files${encoded(path)}`, {
      accept: 'application/octet-stream',
      maxBody: MAX_TEXT,
    });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** Replaces a file, or makes a new one with its folder (facts N1 and N2). The same bytes again change nothing, so it may be repeated. */
export async function write(http: Http, path: string, text: string): Promise<void> {
  const upload = () =>
    http.text('PUT', `${ROOT}/files${encoded(path)}`, {
      query: { overwrite: 'true' },
      bytes: text,
      repeatable: true,
    });
  try {
    await upload();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    const folder = path.slice(0, path.lastIndexOf('/'));
    await http.text('PUT', `${ROOT}/directories${encoded(folder)}`, { repeatable: true });
    await upload();
  }
}
