/** The script and the style of the views, bundled from `src/views/`. A build keeps them in a file, and a start from the sources makes them at first use. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';

/** What the page of the views is made of, besides what `src/mcp/view-page.ts` puts around it. */
export interface ViewParts {
  script: string;
  style: string;
  /** Of this program. A view tells it to its host. */
  version: string;
}

/** Most bytes of the page before compression: it travels as one message, and hosts parse it before they show anything. */
export const PAGE_LIMIT = 150_000;
/** Of these, what is kept free for the frame of the page. */
const FRAME = 1_000;

const FOLDER = 'src/views';

/**
 * Bundles the views.
 * @param root of the repository.
 * @throws when the page would be larger than its limit, or when a part would end its element early.
 */
export async function bundleViews(root: string): Promise<{ parts: ViewParts; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { script: `${FOLDER}/main.ts`, style: `${FOLDER}/style.css` },
    outdir: 'views',
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none', // the notices carry them
    logLevel: 'warning',
    metafile: true,
  });
  const content = (name: string) => outputFiles.find(({ path }) => path.endsWith(name))?.text.trim() ?? '';
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  return { parts: checked({ script: content('script.js'), style: content('style.css'), version }), metafile };
}

/** @throws for parts that a page cannot hold as they are. */
export function checked(parts: ViewParts): ViewParts {
  const { script, style } = parts;
  for (const [element, text] of Object.entries({ script, style })) {
    if (text === '') throw new Error(`the ${element} of the views is empty`);
    // Browsers change carriage returns and zeros before they compare a hash. The other texts end an element, or hide its end.
    if (/<\/(?:script|style)|<!--|[\r\0]/i.test(text))
      throw new Error(`the ${element} of the views has a text that an HTML page cannot hold`);
  }
  const bytes = Buffer.byteLength(script) + Buffer.byteLength(style) + FRAME;
  if (bytes > PAGE_LIMIT)
    throw new Error(
      `the page of the views takes ${bytes} bytes, and ${PAGE_LIMIT} is the limit: make src/views smaller`,
    );
  return parts;
}
