import type { SandboxApp, SandboxContext } from '../context.ts';
import { ApiError, invalid } from '../errors.ts';
import { answer, type Call } from '../http.ts';
import { missingAmong, placesOf } from '../identity/grants.ts';
import type { Volume } from '../state/volume.ts';

const FILES = '/api/2.0/fs/files/Volumes/:catalog/:schema/:volume/*';
const FOLDERS = '/api/2.0/fs/directories/Volumes/:catalog/:schema/:volume/*';

/** Mounts the Files API for volumes: whole files and folders. evidence: volume-files, evidence: volume-folders */
export function mountVolumeFiles(app: SandboxApp, ctx: SandboxContext): void {
  app.get(FILES, (c) => {
    const { volume, path } = target(c, 'READ_VOLUME');
    const file = volume.files.get(path);
    if (!file) throw fileMissing();
    const bytes = Buffer.from(file.content, 'base64');
    return new Response(bytes, {
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(bytes.length),
        'last-modified': new Date(file.modified).toUTCString(),
      },
    });
  });

  app.put(FILES, async (c) => {
    const { volume, path } = target(c, 'WRITE_VOLUME');
    if (path === '' || volume.folders.has(path)) throw invalid('The path is a directory, not a file.');
    if (!isFolder(volume, parentOf(path))) throw fileMissing();
    if (c.req.query('overwrite') === 'false' && volume.files.has(path))
      throw new ApiError(409, 'ALREADY_EXISTS', 'The file being created already exists.');
    const content = Buffer.from(await c.req.arrayBuffer()).toString('base64');
    volume.files.set(path, { content, modified: ctx.clock.now() });
    return c.body(null, 204);
  });

  app.delete(FILES, (c) => {
    const { volume, path } = target(c, 'WRITE_VOLUME');
    if (!volume.files.delete(path)) throw fileMissing();
    return c.body(null, 204);
  });

  for (const pattern of [FOLDERS, FOLDERS.slice(0, -2)]) mountFolders(app, pattern);
}

function mountFolders(app: SandboxApp, pattern: string): void {
  app.get(pattern, (c) => {
    const { volume, path, root } = target(c, 'READ_VOLUME');
    if (!isFolder(volume, path)) throw folderMissing();
    const inside = (each: string) => each !== '' && parentOf(each) === path;
    const entry = (each: string) => ({ path: `${root}/${each}`, name: each.split('/').at(-1) ?? each });
    return answer(c, {
      contents: [
        ...[...volume.folders].filter(inside).map((each) => ({ ...entry(each), is_directory: true })),
        ...[...volume.files]
          .filter(([each]) => inside(each))
          .map(([each, { content, modified }]) => ({
            ...entry(each),
            is_directory: false,
            file_size: Buffer.from(content, 'base64').length,
            last_modified: modified,
          })),
      ],
    });
  });

  app.put(pattern, (c) => {
    const { volume, path } = target(c, 'WRITE_VOLUME');
    const above = path.split('/').map((_part, at, parts) => parts.slice(0, at + 1).join('/'));
    if (above.some((each) => volume.files.has(each))) throw invalid('A part of the path is a file.');
    for (const each of above) if (each !== '') volume.folders.add(each);
    return c.body(null, 204);
  });

  app.delete(pattern, (c) => {
    const { volume, path } = target(c, 'WRITE_VOLUME');
    if ([...volume.files.keys(), ...volume.folders].some((each) => parentOf(each) === path))
      throw invalid('The directory is not empty.');
    if (!volume.folders.delete(path)) throw folderMissing();
    return c.body(null, 204);
  });
}

/** The volume of a path, and the path below it. assumed: volume-texts */
function target(c: Call, privilege: 'READ_VOLUME' | 'WRITE_VOLUME'): { volume: Volume; path: string; root: string } {
  const [, , , , , , catalog = '', schema = '', name = '', ...rest] = c.req.path.split('/').map(decoded);
  const workspace = c.get('workspace');
  const full = `${catalog}.${schema}.${name}`;
  const volume = workspace.volumes.get(full);
  // evidence: volume-missing
  if (!volume) throw new ApiError(404, 'NOT_FOUND', `Volume '${full}' does not exist.`);
  const lacks = missingAmong(c.get('principal'), placesOf(workspace, full, 'VOLUME') ?? [], privilege);
  if (lacks !== undefined) throw new ApiError(403, 'PERMISSION_DENIED', `User does not have ${lacks}.`);
  const parts = rest.filter((each, at) => each !== '' || at < rest.length - 1);
  if (parts.some((each) => each === '' || each === '.' || each === '..' || each.includes('/')))
    throw invalid('The path is not valid.');
  return { volume, path: parts.join('/'), root: `/Volumes/${catalog}/${schema}/${name}` };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('The path is not valid.');
  }
}

function parentOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}

/** The volume itself is a folder. */
function isFolder({ folders }: Volume, path: string): boolean {
  return path === '' || folders.has(path);
}

/** evidence: volume-missing */
function fileMissing(): ApiError {
  return new ApiError(404, 'NOT_FOUND', 'The file being accessed is not found.');
}

function folderMissing(): ApiError {
  return new ApiError(404, 'NOT_FOUND', 'The directory being accessed is not found.');
}
