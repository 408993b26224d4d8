import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Fault } from '@masque/fault';
import type { Pipeline } from '@masque/pipeline';

interface SampleModule {
  sampleMessages(this: void, options: { readonly count: number; readonly repeat: number }): Iterable<string>;
}

const defaultCount = 100;
const chunk = 1_000;

/**
 * Made-up messages, in chunks: from `pipelines/<name>.sample.ts`, or from beside the definition that MASQUE_PIPELINE
 * gives the path of.
 * @throws {Fault} `sample_missing`
 */
export async function loadSample(
  pipeline: Pipeline,
  options: { readonly messages?: number; readonly repeat: number },
): Promise<Iterable<string[]>> {
  const definition = process.env['MASQUE_PIPELINE'] ?? '';
  const beside = /\.[cm]?[jt]s$/.test(definition) ? [resolve(definition.replace(/\.([cm]?[jt]s)$/, '.sample.$1'))] : [];
  const file = [resolve('pipelines'), fileURLToPath(new URL('../../../pipelines', import.meta.url))]
    .map((folder) => resolve(folder, `${pipeline.name}.sample.ts`))
    .concat(beside)
    .find((path) => existsSync(path));
  if (file === undefined) {
    throw new Fault('sample_missing', `the pipeline ${pipeline.name} has no sample`, {
      heals: false,
      advice: 'Send messages of your own with --input FILE.',
    });
  }
  const { sampleMessages } = (await import(pathToFileURL(file).href)) as SampleModule;
  return inChunks(sampleMessages({ count: options.messages ?? defaultCount, repeat: options.repeat }));
}

function* inChunks(messages: Iterable<string>): Generator<string[]> {
  let bodies: string[] = [];
  for (const message of messages) {
    bodies.push(message);
    if (bodies.length === chunk) {
      yield bodies;
      bodies = [];
    }
  }
  if (bodies.length > 0) yield bodies;
}
