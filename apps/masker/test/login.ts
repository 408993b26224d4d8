import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyPaths } from '@masque/key-files';
import { createKeys, createMasker, type Masker, readMaskKeys } from '@masque/masking';
import { loadPipeline, type Pipeline } from '@masque/pipeline';
import { createBatchMasker, type MaskedColumns } from '../src/mask-batch.ts';

export const pipeline = await loadPipeline('user-logins');

/** A masker over keys of its own, made and read as `masque keys init` and the stage do. */
export async function aMasker(mask: Pipeline['mask'] = pipeline.mask): Promise<Masker> {
  const dir = await mkdtemp(join(tmpdir(), 'masque-masker-'));
  try {
    await createKeys({ dir, mask });
    return createMasker({ mask, keys: await readMaskKeys(keyPaths(dir).masker.mask) });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** 2022-09-13, half a second before midnight UTC. */
export const sentAt = Date.UTC(2022, 8, 13, 23, 59, 59, 500);

export function aLogin(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    user_id: '424cdd21-063a-43a7-b91b-7ca1a833afae',
    app_version: '2.3.0',
    device_type: 'android',
    ip: '198.51.100.7',
    locale: 'RU',
    device_id: '900-00-0001',
    ...changes,
  };
}

/** The login's text with one member's value replaced by a text that JSON.stringify would not write. */
export function aLoginWith(member: string, json: string): string {
  return JSON.stringify(aLogin({ [member]: '@' })).replace('"@"', () => json);
}

export type MaskBodies = (...bodies: readonly (string | Buffer | object)[]) => MaskedColumns;

/** Strings and buffers are bodies as they are, everything else is put into JSON. */
export function maskBodies(of: Pipeline, masker: Pick<Masker, 'mask'>): MaskBodies {
  const mask = createBatchMasker(of, masker);
  return (...bodies) =>
    mask({
      bodies: bodies.map((body) => {
        if (Buffer.isBuffer(body)) return body;
        return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
      }),
      messageIds: bodies.map((_, at) => `message-${at}`),
      sentAt: bodies.map(() => sentAt),
    });
}
