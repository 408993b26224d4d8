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
    const [sqs, batches, postgres] = await Promise.all([
      queue.counts(),
      jobs.depth(pipeline.name, arrows),
      inspector.counts(),
    ]);
    return { pipeline: pipeline.name, sqs, batches, postgres };
  } finally {
    queue.close();
    await Promise.all([jobs.close(), inspector.close()]);
  }
}

function sayStatus({ pipeline, sqs, batches, postgres }: Awaited<ReturnType<typeof readStatus>>): void {
  say(`pipeline ${pipeline}`);
  say(
    table([
      ['SQS', `${count(sqs.visible)} visible, ${count(sqs.inFlight)} in flight, ${count(sqs.delayed)} delayed`],
      ...arrows.map((arrow) => {
        const depth = batches[arrow] ?? { waiting: 0, active: 0, delayed: 0 };
        return [
          arrow,
          `${count(depth.waiting)} batches waiting, ${count(depth.active)} running, ${count(depth.delayed)} delayed`,
        ];
      }),
      ['PostgreSQL', `${count(postgres.loaded)} loaded, ${count(postgres.quarantined.total)} quarantined`],
      ...Object.entries(postgres.quarantined.reasons).map(([reason, total]) => ['', `${count(total)} ${reason}`]),
    ]),
  );
}
