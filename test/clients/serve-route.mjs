// Serves the generated `route.mjs` of the current folder over HTTP, as a web framework does: a body that fails ends the connection.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';

const { POST } = await import(pathToFileURL(join(process.cwd(), process.argv[2] ?? 'route.mjs')).href);

createServer(async (incoming, outgoing) => {
  const gone = new AbortController();
  outgoing.on('close', () => gone.abort());
  const request = new Request('http://127.0.0.1/api/chat', {
    method: 'POST',
    body: Readable.toWeb(incoming),
    duplex: 'half',
    signal: gone.signal,
  });
  const response = await POST(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  await pipeline(Readable.fromWeb(response.body), outgoing).catch(() => outgoing.destroy());
}).listen(Number(process.env.PORT), '127.0.0.1');
