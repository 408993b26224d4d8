import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of this test's own, gone when the test is. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'masque-keys-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}
