import { createJobQueue } from '@masque/job-queue';
import { toTarget } from '@masque/pipeline';
import { createInspector } from '@masque/postgres-sink';
import { Command } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { openQueue } from '../queue.ts';
import { count, say, sayJson, table } from '../output/terminal.ts';

/** The arrows of the picture, in the way of a message. */
export const arrows = ['extracted', 'masked', 'settled'] as const;

export function statusCommand(): Command {
  return new Command('status')
    .description('Show where messages are: in SQS, between the stages, in PostgreSQL.')
    .option('--json', 'print one JSON object')
    .action(async (options: { readonly json?: true }) => {
      const status = await readStatus();
      if (options.json) sayJson(status);
      else sayStatus(status);
    });
}

async function readStatus() {
  const pipeline = await readPipeline();
  const set = readEnvironment({ ...settings.redis, ...settings.postgres });
  const queue = openQueue(pipeline);
  const jobs = createJobQueue({ url: set.REDIS_URL, prefix: set.REDIS_PREFIX, name: 'status' });
  const inspector = createInspector({ databaseUrl: set.DATABASE_URL, target: toTarget(pipeline) });
  try {
    await jobs.check();
    const [sqs, batches, replicas, postgres] = await Promise.all([
      queue.counts(),
      jobs.depth(pipeline.name, arrows),
      jobs.presence.replicas(pipeline.name),
      inspector.counts(),
    ]);
    return { pipeline: pipeline.name, sqs, batches, replicas, postgres };
  } finally {
    queue.close();
    await Promise.all([jobs.close(), inspector.close()]);
  }
}

function sayStatus({ pipeline, sqs, batches, replicas, postgres }: Awaited<ReturnType<typeof readStatus>>): void {
  const stageRow = (stage: string): string[] => {
    const states = replicas.filter((each) => each.stage === stage).map(({ state }) => state);
    const working = states.filter((state) => state === 'working').length;
    const others = [...new Set(states.filter((state) => state !== 'working'))].join(', ');
    const text = states.length === 0 ? 'none is there' : `${count(working)} of ${count(states.length)} working`;
    return [stage, others === '' ? text : `${text} (${others})`];
  };
  const arrowRow = (arrow: string): string[] => {
    const { waiting, active, delayed } = batches[arrow] ?? { waiting: 0, active: 0, delayed: 0 };
    return [`  ─ ${arrow} ▶`, `${count(waiting)} batches waiting, ${count(active)} running, ${count(delayed)} delayed`];
  };
  say(`pipeline ${pipeline}`);
  say(
    table([
      ['SQS', `${count(sqs.visible)} visible, ${count(sqs.inFlight)} in flight, ${count(sqs.delayed)} delayed`],
      stageRow('extractor'),
      arrowRow('extracted'),
      stageRow('masker'),
      arrowRow('masked'),
      stageRow('loader'),
      arrowRow('settled'),
      ['PostgreSQL', `${count(postgres.loaded)} loaded, ${count(postgres.quarantined.total)} quarantined`],
      ...Object.entries(postgres.quarantined.reasons).map(([reason, total]) => ['', `${count(total)} ${reason}`]),
    ]),
  );
}
