#!/usr/bin/env node
// Plain JavaScript, so that an older Node can still say what is wrong.
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `masque needs Node 24 or newer, and this is ${process.version}. ` +
      'Inside the project, npm scripts and `npx masque` bring their own.\n',
  );
  process.exit(78);
}
await import('../src/main.ts');
