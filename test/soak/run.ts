/** `npm run soak`: the calls through stdio and the race of two servers, or with `--http` the calls of many users over HTTP. */
if (process.argv.includes('--http')) await import('./http.ts');
else {
  await import('./soak.ts');
  if (!process.exitCode) await import('./races.ts');
}

export {};
