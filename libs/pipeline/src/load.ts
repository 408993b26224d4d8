import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Fault } from '@masque/fault';
import { type Pipeline, PipelineDefinitionError, pipelineMark } from './define.ts';

const shippedFolder = fileURLToPath(new URL('../../../pipelines', import.meta.url));

/**
 * Loads the definition that MASQUE_PIPELINE names: a path to a module whose default export is a pipeline, or a bare
 * name, looked up as `pipelines/<name>.ts` or `.js` in the working directory, then among those shipped.
 * @throws {Fault} `pipeline_not_found`, `pipeline_invalid`
 */
export async function loadPipeline(nameOrPath: string): Promise<Pipeline> {
  const file = candidates(nameOrPath).find((path) => existsSync(path));
  if (file === undefined) {
    throw new Fault('pipeline_not_found', `no pipeline definition at ${candidates(nameOrPath).join(' or ')}`, {
      heals: false,
      setting: 'MASQUE_PIPELINE',
      advice: 'Name a file, or one of the definitions in pipelines/.',
    });
  }
  const loaded = await importDefinition(file);
  if (typeof loaded === 'object' && loaded !== null && pipelineMark in loaded) return loaded as unknown as Pipeline;
  throw invalid(file, 'its default export is not a definePipeline({ … })');
}

function candidates(nameOrPath: string): string[] {
  if (/[/\\]|\.[cm]?[jt]s$/.test(nameOrPath) || isAbsolute(nameOrPath)) return [resolve(nameOrPath)];
  // In this repository both are the same folder.
  return [...new Set([resolve('pipelines'), resolve(shippedFolder)])].flatMap((folder) => [
    resolve(folder, `${nameOrPath}.ts`),
    resolve(folder, `${nameOrPath}.js`),
  ]);
}

async function importDefinition(file: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
    return module.default;
  } catch (error) {
    // A definition is code and holds no personal values, so its author may read what is wrong with it.
    if (error instanceof Error && error.name === PipelineDefinitionError.name) throw invalid(file, error.message);
    throw invalid(file, error instanceof Error ? `${error.name}: ${error.message}` : 'it threw while loading');
  }
}

function invalid(file: string, why: string): Fault {
  return new Fault('pipeline_invalid', `the pipeline definition ${file} cannot be used: ${why}`, {
    heals: false,
    setting: 'MASQUE_PIPELINE',
    advice: 'Correct the definition, or name another.',
  });
}
