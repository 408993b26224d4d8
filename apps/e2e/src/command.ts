import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { World } from './world.ts';

const bin = resolve(import.meta.dirname, '../../cli/bin/masque.js');

export interface Commanded {
  readonly status: number;
  readonly json: Record<string, unknown>;
  readonly stderr: string;
}

/** `masque …` with the world's settings, as the custodian. */
export async function masque(world: World, ...args: string[]): Promise<Commanded> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
    ...world.local.settings,
    DATABASE_URL: world.logins.custodian,
  };
  const { stdout, stderr, code } = await promisify(execFile)(process.execPath, [bin, ...args, '--json'], { env })
    .then((done) => ({ ...done, code: 0 }))
    .catch((error: { stdout: string; stderr: string; code: number }) => error);
  return {
    status: code,
    json: JSON.parse(stdout.trim().split('\n').at(-1) || '{}') as Record<string, unknown>,
    stderr,
  };
}
