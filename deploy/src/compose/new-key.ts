import { z } from 'zod';
import type { Project } from './project.ts';

const listSchema = z.object({ keys: z.array(z.object({ kid: z.string(), use: z.string(), status: z.string() })) });

/** As docker-compose.yml begins with: the folders are the stages' own, so to bring them is to restart those. */
export async function renewKey(project: Project): Promise<void> {
  const reason = ['--reason', 'test'];
  const list = async () => listSchema.parse(await project.keys('list')).keys.filter(({ use }) => use === 'mask');
  const [old] = await list();
  if (old === undefined) throw new Error('no key masks');
  await project.keys('rotate', ...reason);
  const next = (await list()).find(({ status }) => status === 'PENDING');
  if (next === undefined) throw new Error('rotate made no key');
  await project.restart('masker');
  await project.keys('promote', next.kid, ...reason);
  await project.restart('masker');
  await project.custodian('rekey', '--from', old.kid, '--to', next.kid, ...reason);
  await project.keys('retire', old.kid, ...reason);
  await project.keys('destroy', old.kid, ...reason);
  await project.keys('check');
  const statuses = (await list()).map(({ kid, status }) => `${kid === next.kid ? 'new' : 'old'} ${status}`).sort();
  const left = await project.tokensOf(old.kid);
  if (left > 0 || (await project.tokensOf(next.kid)) === 0 || statuses.join() !== 'new PRIMARY,old DESTROYED') {
    throw new Error(`${left} rows have tokens of the old key; keys are ${statuses.join(', ')}`);
  }
}
