import { Fault } from '@masque/fault';
import { createJobQueue } from '@masque/job-queue';
import { type Pipeline, toTarget } from '@masque/pipeline';
import { openSurvey } from '@masque/postgres-sink';
import { createSqsSource } from '@masque/sqs-source';
import { Command, InvalidArgumentError } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { clearProgress, say, sayJson } from '../output/terminal.ts';
import { openQueue, queueOptions } from '../queue.ts';
import { sayMessages, sayProblems, sayTokens } from '../verify/account.ts';
import { type MessagesOptions, verifyMessages } from '../verify/messages.ts';
import { verifyTokens } from '../verify/tokens.ts';
import { arrows } from '../status/look.ts';

interface Flags {
  readonly since?: string;
  readonly until?: string;
  readonly json?: true;
}

const dayMs = 86_400_000;

export function verifyCommand(): Command {
  return new Command('verify')
    .description(
      'Look whether every masked value is a token of a known key, and whether messages, rows and quarantine agree.',
    )
    .option('--since <day>', 'first UTC day of sending whose messages are counted (default: six days ago)', aDay)
    .option('--until <day>', 'last such day (default: today)', aDay)
    .option('--json', 'print one JSON object')
    .action(async (flags: Flags) => {
      const pipeline = await readPipeline();
      const set = readEnvironment({ ...settings.postgres, ...settings.keys });
      const { since = dayOf(Date.now() - 6 * dayMs), until = dayOf(Date.now()) } = flags;
      if (since > until) throw new InvalidArgumentError('--since is after --until');
      const survey = openSurvey({ databaseUrl: set.DATABASE_URL, target: toTarget(pipeline) });
      try {
        const tokens = await verifyTokens(survey, pipeline, set.MASQUE_KEYS_DIR);
        const messages = await verifyMessages({ survey, pipeline, since, until, look: look(pipeline) });
        clearProgress();
        const problems = [...tokens.problems, ...messages.problems];
        if (flags.json) sayJson({ sound: problems.length === 0, tokens, messages });
        else {
          sayTokens(tokens);
          say();
          sayMessages(messages);
          sayProblems(problems);
        }
        if (problems.length > 0) process.exitCode = 1;
      } finally {
        clearProgress();
        await survey.close();
      }
    });
}

function look(pipeline: Pipeline): MessagesOptions['look'] {
  return {
    async queue() {
      const queue = openQueue(pipeline);
      try {
        return await queue.counts();
      } finally {
        queue.close();
      }
    },
    async deadLetters() {
      const queue = openQueue(pipeline);
      try {
        const { deadLetterArn } = await queue.attributes();
        const queueName = deadLetterArn?.split(':').at(-1);
        if (queueName === undefined) throw new Fault('no_dead_letter_queue', 'there is none', { heals: false });
        const dead = createSqsSource({ ...queueOptions(), queueName, visibilityTimeoutS: 30, waitS: 0 });
        try {
          return await dead.counts();
        } finally {
          dead.close();
        }
      } finally {
        queue.close();
      }
    },
    async batches() {
      const set = readEnvironment(settings.redis);
      const jobs = createJobQueue({ url: set.REDIS_URL, prefix: set.REDIS_PREFIX, name: 'verify' });
      try {
        await jobs.check();
        const depths = Object.values(await jobs.depth(pipeline.name, arrows));
        return { count: depths.reduce((sum, { waiting, active, delayed }) => sum + waiting + active + delayed, 0) };
      } finally {
        await jobs.close();
      }
    },
  };
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** The ledger knows days, not times. */
function aDay(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return text;
  throw new InvalidArgumentError('It is no day like 2026-11-23.');
}
