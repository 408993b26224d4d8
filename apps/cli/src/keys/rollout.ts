import { Fault, toFault } from '@masque/fault';
import type { KeyDescription } from '@masque/key-files';
import type { Pipeline } from '@masque/pipeline';
import { readEnvironment, settings } from '../environment.ts';

/** What the maskers at work say of a key; undefined where Redis does not answer, so that nobody can know. */
export interface Rollout {
  /** Replicas. */
  readonly maskers: readonly string[];
  /** Those that have the key in their file. */
  readonly knowing: readonly string[];
  /** Those that mask, or open what was sealed, with it now. */
  readonly using: readonly string[];
}

export async function readRollout(pipeline: Pipeline, { fingerprint }: KeyDescription): Promise<Rollout | undefined> {
  const set = readEnvironment(settings.redis);
  // Here, because the other commands of `keys` do without, and start in half the time.
  const { createJobQueue } = await import('@masque/job-queue');
  const jobs = createJobQueue({ url: set.REDIS_URL, prefix: set.REDIS_PREFIX, name: 'keys' });
  try {
    await jobs.check();
    const maskers = (await jobs.presence.replicas(pipeline.name)).filter(({ stage }) => stage === 'masker');
    const saying = (word: string): string[] =>
      maskers.filter(({ details }) => details.includes(word)).map(({ replica }) => replica);
    return {
      maskers: maskers.map(({ replica }) => replica),
      knowing: saying(`knows:${fingerprint}`),
      using: saying(fingerprint),
    };
  } catch (error) {
    const fault = toFault(error);
    if (fault.heals) return undefined;
    throw fault;
  } finally {
    await jobs.close();
  }
}

/** @throws {Fault} `key_not_rolled_out` naming the maskers that lack it */
export function requireRolledOut({ kid }: KeyDescription, rollout: Rollout | undefined): void {
  const lacking = rollout?.maskers.filter((replica) => !rollout.knowing.includes(replica)) ?? [];
  if (lacking.length === 0) return;
  throw new Fault('key_not_rolled_out', `the key ${kid} is not known to every masker: ${lacking.join(', ')} lack it`, {
    heals: true,
    advice: 'Give them the new masker/ folder and restart them; equal values would get different tokens meanwhile.',
    details: { kid, lacking: lacking.length },
  });
}

/** @throws {Fault} `key_at_work` */
export function requireIdle({ kid }: KeyDescription, rollout: Rollout | undefined): void {
  if (rollout === undefined || rollout.using.length === 0) return;
  throw new Fault('key_at_work', `maskers still mask with the key ${kid}: ${rollout.using.join(', ')}`, {
    heals: true,
    advice: 'Give them the new masker/ folder and restart them.',
    details: { kid, maskers: rollout.using.length },
  });
}
