export { lastErrors } from './last-errors.ts';
export {
  type LocalPipeline,
  type LocalServices,
  preparePipeline,
  type PreparePipelineOptions,
} from './local-pipeline.ts';
export { loadSample } from './sample.ts';
export { type Snapshot, type StageSnapshot } from './snapshot.ts';
export { type AppName, type Replicas, type StageName, type StageProcess, stages } from './stage-process.ts';
