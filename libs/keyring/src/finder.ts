import { createFinder, type Finder } from '@masque/masking';
import type { Pipeline } from '@masque/pipeline';
import { openCustodianKeys } from './custodian-keys.ts';

/** From values to tokens, as the custodian: under every key that may be used. @throws {Fault} `key_file_…` */
export async function openFinder(dir: string, pipeline: Pipeline): Promise<Finder> {
  const { maskKeys } = await openCustodianKeys(dir);
  return createFinder({ mask: pipeline.mask, keys: maskKeys });
}
