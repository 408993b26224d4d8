import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { memoryFolder } from './libs/local-stack/src/memory-folder.ts';

// For the servers' data and whatever else a test makes and removes again, unless somebody has named a place.
process.env['TMPDIR'] ??= memoryFolder() ?? tmpdir();

// Two projects, told apart by file name: `*.test.ts` needs nothing but Node,
// `*.integration.test.ts` talks to real PostgreSQL, Redis and SQS servers, which one
// global setup starts on free ports and stops again.
const everywhere = '{apps,libs,.}/*';
export default defineConfig({
  test: {
    // Results of a run that never ended would read as success.
    passWithNoTests: false,
    // Most of an integration test is waiting for servers; vitest's own choice on two cores is one file at a time.
    maxWorkers: 3,
    // Tests start some two hundred processes from the same sources.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('./node_modules/.cache/compiled', import.meta.url)) },
    reporters: ['default', './apps/e2e/src/closing-line.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          // For machines that do something else as well; no test is about time.
          testTimeout: 30_000,
          // A process a file would cost 31 s of CPU more: each would load the same modules again.
          isolate: false,
          setupFiles: ['libs/local-stack/src/vitest-folder.ts'],
          include: [`${everywhere}/test/**/*.test.ts`, '{pipelines,build,deploy}/test/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.integration.test.ts'],
        },
      },
      {
        test: {
          name: 'integration',
          include: [`${everywhere}/test/**/*.integration.test.ts`],
          exclude: ['**/node_modules/**'],
          globalSetup: ['libs/local-stack/src/vitest-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
