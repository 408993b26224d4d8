#!/usr/bin/env node
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Plain JavaScript, so that an older Node can still say what is wrong.
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `masque needs Node 24 or newer, and this is ${process.version}. ` +
      'Inside the project, npm scripts and `npx masque` bring their own.\n',
  );
  process.exit(78);
}
// Compiled sources are kept between starts, which takes more than half of what one costs: `keys list` 0.24 s without, 0.11
// with. The user's own folder: whoever could write there could change what runs. Where there is none, there is no cache.
try {
  module.enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'masque', 'compiled'));
} catch {
  // A user without a home.
}
await import('../src/main.ts');
