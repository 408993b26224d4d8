import { join } from 'node:path';
import { z } from 'zod';
import { build } from '../kustomize.ts';
import { nameOf } from '../manifest.ts';
import { measured, podStartS, rateOf, sqsCountsAgeS } from './measured.ts';
import { readRules } from './rules.ts';
import type { World } from './simulate.ts';

const data = z.looseObject({ data: z.record(z.string(), z.string()) });

/** The rules and settings of an overlay as they would be applied, with the rates that were measured. */
export function readWorld(overlay = 'overlays/aws'): World {
  const manifests = build(join(import.meta.dirname, '../../kubernetes', overlay));
  const setting = (map: string, name: string): number => {
    const found = manifests.find((each) => each.kind === 'ConfigMap' && nameOf(each) === map);
    return Number(data.parse(found).data[name]);
  };
  return {
    rules: readRules(manifests),
    rates: {
      extractor: rateOf(measured.cpuUs.extractor),
      masker: rateOf(measured.cpuUs.masker),
      loader: rateOf(measured.cpuUs.loader),
    },
    backlogMax: setting('masque-extractor', 'BACKLOG_MAX'),
    batchMax: setting('masque-extractor', 'BATCH_MAX'),
    hands: {
      masker: setting('masque-masker', 'MASK_CONCURRENCY'),
      loader: setting('masque-loader', 'LOAD_CONCURRENCY'),
    },
    podStartS,
    sqsCountsAgeS,
  };
}
