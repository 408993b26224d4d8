/**
 * Set-up of each file of unit tests: its temporary folder is its own, and goes with it. Files share their workers, and
 * so the modules that were loaded for another; a folder that such a module keeps would be gone with the file that made
 * it, so none keeps any.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const shared = tmpdir();
const own = mkdtempSync(join(shared, 'masque-unit-'));
process.env['TMPDIR'] = own;
afterAll(() => {
  process.env['TMPDIR'] = shared;
  rmSync(own, { recursive: true, force: true });
});
