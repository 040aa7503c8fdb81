/** What all files share: the built host page on a port of this machine, and a Chromium for each worker. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import puppeteer, { type Browser } from 'puppeteer-core';
import type { TestProject } from 'vitest/node';
import { chromium } from './chromium.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address of the host page. */
    host: string;
    /** Where the browser of each worker listens for drivers. A page behind another one draws no frames, so workers share none. */
    browsers: string[];
  }
}

/** A frame of `srcdoc` inherits this policy. So a view can run its own script and style, and reach no network at all. */
const POLICY =
  "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'";

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>host</title><link rel="icon" href="data:,">
<style>html,body{margin:0}iframe{display:block;width:100%;border:0}</style></head>
<body><main id="place"></main><script src="/host.js"></script></body></html>`;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const built = await build({
    entryPoints: [join(import.meta.dirname, 'host', 'main.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'chrome120',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  const script = built.outputFiles[0]?.text ?? '';
  const server = createServer(({ url }, reply) => {
    const isScript = url === '/host.js';
    reply.setHeader('content-security-policy', POLICY);
    reply.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    reply.end(isScript ? script : PAGE);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  project.provide('host', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);

  const browsers = await Promise.all(Array.from({ length: project.config.maxWorkers }, launch));
  project.provide(
    'browsers',
    browsers.map((browser) => browser.wsEndpoint()),
  );
  return async () => {
    await Promise.all(browsers.map((browser) => browser.close()));
    server.close();
    server.closeAllConnections();
  };
}

function launch(): Promise<Browser> {
  return puppeteer.launch({
    executablePath: chromium() ?? '',
    args: [
      // Chromium has no sandbox of its own under root, as in a container. `/dev/shm` is small there.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-dev-shm-usage',
      '--force-color-profile=srgb',
    ],
  });
}
