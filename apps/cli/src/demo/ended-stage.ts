import { Fault } from '@masque/fault';
import type { AppName, StageProcess } from '@masque/local-pipeline';

/** Rejects as soon as one of the processes ends. @throws {Fault} `stage_ended` */
export function someEnd(processes: readonly StageProcess<AppName>[]): Promise<never> {
  const end = Promise.race(processes.map(async ({ stage, ended }) => ({ stage, status: await ended }))).then(
    ({ stage, status }): never => {
      const how = status === null ? 'was killed' : `ended with status ${status}`;
      throw new Fault('stage_ended', `the ${stage} ${how} while it was needed`, { heals: false });
    },
  );
  // Nobody may be waiting any more when the stages are stopped at the end.
  end.catch(() => {});
  return end;
}

/** Is it a fault to which the stages' logs hold the answer? */
export function isStageEnd(error: unknown): error is Fault {
  return error instanceof Fault && (error.code === 'stage_ended' || error.code === 'stuck');
}
