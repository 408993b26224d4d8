import { readFile } from 'node:fs/promises';
import type { StageName } from '@masque/local-pipeline';
import { createTestBundle, type TestBundle, type TestStack } from '@masque/local-stack/testing';
import { loadPipeline, type Pipeline, toTarget } from '@masque/pipeline';
import { migrate } from '@masque/postgres-sink';
import { expect } from 'vitest';
import { install, type Installation } from './installation.ts';
import { type LogLine, type LoneStage, type LoneStageOptions, startLoneStage } from './lone-stage.ts';

/** Settings with which every stage starts, for tests that change one and look at what is said. */
export interface FirstStart {
  readonly pipeline: Pipeline;
  readonly bundle: TestBundle;
  readonly keys: Installation;
  start(stage: StageName, change: Change, options?: Pick<LoneStageOptions, 'uid'>): LoneStage;
  /** With this change it never starts: it says why in one line of the log, which is answered, and ends with 78. */
  expectRefusal(stage: StageName, change: Change, options?: Pick<LoneStageOptions, 'uid'>): Promise<LogLine>;
  /** With this change it is alive, not ready, and has said why in one line, however often it has tried. */
  expectWaiting(run: LoneStage, code: string): Promise<LogLine>;
  /** What a person must never be shown, whatever is wrong: secrets, and where in our source we are. */
  expectSeemly(said: string): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export type Change = Readonly<Record<string, string>>;

/** In every URL that takes one, and never to be seen again. */
export const plantedPassword = 'PLANTED-password-91c4';

export async function prepareFirstStart(stack: TestStack): Promise<FirstStart> {
  const pipeline = await loadPipeline('user-logins');
  const [bundle, keys] = await Promise.all([createTestBundle(stack, 'first'), install(pipeline)]);
  await migrate({ databaseUrl: bundle.databaseUrl, target: toTarget(pipeline) });
  const sound = {
    MASQUE_KEYS_DIR: keys.keysDir,
    SQS_QUEUE_URL: bundle.queueUrl,
    AWS_ENDPOINT_URL_SQS: stack.sqsEndpoint,
    AWS_REGION: stack.region,
    REDIS_URL: bundle.redisUrl,
    REDIS_PREFIX: bundle.redisPrefix,
    DATABASE_URL: bundle.databaseUrl,
  };
  const secrets = [plantedPassword, new URL(stack.postgresUrl).password, ...(await secretsOf(keys))];

  function start(stage: StageName, change: Change, options = {}): LoneStage {
    return startLoneStage({ stage, env: { ...sound, ...change }, ...options });
  }

  function expectSeemly(said: string): void {
    expect(secrets.filter((secret) => said.includes(secret))).toEqual([]);
    expect(said).not.toMatch(/(\n|\\n)\s+at |node_modules|Uncaught/);
  }

  return {
    pipeline,
    bundle,
    keys,
    start,
    expectSeemly,
    async expectRefusal(stage, change, options) {
      await using run = start(stage, change, options);
      expect({ status: await run.ended, said: run.said() }).toMatchObject({ status: 78 });
      expectSeemly(run.said());
      const faults = run.faults();
      expect(faults).toMatchObject([{ event: 'failed', heals: false, advice: expect.stringMatching(/\w/) as string }]);
      return faults[0] ?? {};
    },
    async expectWaiting(run, code) {
      await run.until(`waiting for ${code}`, async () => (await run.readiness())?.waitingFor === code);
      expect(await run.readiness()).toMatchObject({ status: 503 });
      expectSeemly(run.said());
      const faults = run.faults();
      expect(faults).toMatchObject([{ code, heals: true, advice: expect.stringMatching(/^Check /) as string }]);
      return faults[0] ?? {};
    },
    async [Symbol.asyncDispose]() {
      await bundle.remove();
      await keys[Symbol.asyncDispose]();
    },
  };
}

async function secretsOf({ paths: { masker } }: Installation): Promise<string[]> {
  const texts = await Promise.all([masker.mask, masker.sealPrivate].map((file) => readFile(file, 'utf8')));
  const found = [...texts.join('').matchAll(/"(?:prfSecret|privateKey)": "([^"]+)"/g)];
  expect(found).toHaveLength(2);
  return found.map(([, secret = '']) => secret);
}

/** A URL with something changed in it. */
export function changed(from: string, change: (url: URL) => unknown): string {
  const url = new URL(from);
  change(url);
  return url.href;
}
