/** The views as one self-contained HTML page, for chats, for the dashboard and for files. Loaded at the first use. */
import { createHash } from 'node:crypto';
import type { ViewName } from '../views/host/host.ts';
import type { ViewParts } from './bundle-views.ts';
import { viewParts } from './view-parts.ts';

export interface PageOptions {
  /** The view that the page begins with. It contains all of them. */
  view: ViewName;
  /** It is the page of the dashboard, and may call the server that it came from. Any other page has no network at all. */
  connect?: boolean;
  /** It is a file, and this is what it shows. It is kept as JSON. */
  given?: unknown;
}

let loaded: Promise<ViewParts> | undefined;

/** The page. Its policy allows its own script and style alone, by their hashes. */
export async function viewPage(options: PageOptions): Promise<string> {
  loaded ??= viewParts().catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return pageOf(await loaded, options);
}

/** Pure: the page made of its parts. The data are in its head, because the views replace what is in its body. */
export function pageOf({ script, style, version }: ViewParts, { view, connect = false, given }: PageOptions): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    'img-src data:',
    ...(connect ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const host = connect ? 'page' : given === undefined ? 'chat' : 'file';
  return [
    '<!doctype html>',
    `<html lang="en" data-view="${view}" data-host="${host}" data-version="${version}">`,
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<title>Model Serving</title>',
    `<style>${style}</style>`,
    ...(given === undefined ? [] : [`<script type="application/json" id="given">${asData(given)}</script>`]),
    '</head>',
    '<body>',
    `<script>${script}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/** The source of a policy for an inline element. */
function hashOf(content: string): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}

/** JSON in a script element. Only a `<` could end the element or hide its end. */
function asData(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
