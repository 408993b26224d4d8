import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type StageProcess, startStage } from '../src/stage-process.ts';

/** The loader needs no keys, and waits for a Redis that is not there: alive, not ready. */
const waiting = { DATABASE_URL: 'postgres://127.0.0.1:1/none', REDIS_URL: 'redis://127.0.0.1:1' };

async function started(
  env: Readonly<Record<string, string>>,
): Promise<{ readonly logDir: string; readonly stage: StageProcess }> {
  const logDir = await mkdtemp(join(tmpdir(), 'masque-stage-'));
  const stage = startStage({ stage: 'loader', replica: 1, env, logDir });
  onTestFinished(async () => {
    await stage.stop('SIGKILL');
    await rm(logDir, { recursive: true, force: true });
  });
  return { logDir, stage };
}

test('a stage that waits is scraped, says for what, and stops when asked', async () => {
  const { stage } = await started(waiting);
  // Where much else runs, a stage may take longer to answer than `scrape` waits.
  const scraped = async () => (await stage.scrape())?.['process_cpu_seconds_total'] ?? 0;
  await expect.poll(scraped, { timeout: 30_000 }).toBeGreaterThan(0);
  expect(await stage.scrapeText()).toContain('# HELP');
  await expect.poll(() => stage.waitingFor(), { timeout: 10_000 }).toBe('redis_unreachable');
  const called = new AbortController();
  const ready = stage.whenReady(called.signal);
  called.abort(new Error('called off'));
  await expect(ready).rejects.toThrow('called off');
  expect(await stage.stop()).toBe(0);
  expect(await stage.ended).toBe(0);
});

test('a stage that cannot start fails those who wait for it, and tells where its log is', async () => {
  const { stage, logDir } = await started({});
  await expect(stage.whenReady()).rejects.toMatchObject({
    code: 'stage_ended',
    message: `the loader ended with status 78; its log is ${logDir}/loader-1.log`,
  });
  expect(await readFile(join(logDir, 'loader-1.log'), 'utf8')).toContain('DATABASE_URL is not set');
  expect(await stage.ended).toBe(78);
});

test('a stage that is killed has no status', async () => {
  const { stage } = await started(waiting);
  await stage.scrape();
  expect(await stage.stop('SIGKILL')).toBeNull();
  expect(await stage.scrape()).toBeUndefined();
});

test('nothing of this process’s environment reaches a stage', async () => {
  process.env['LOAD_CONCURRENCY'] = 'not a number';
  onTestFinished(() => void delete process.env['LOAD_CONCURRENCY']);
  const { stage } = await started(waiting);
  expect(await stage.scrape()).toBeDefined();
});
