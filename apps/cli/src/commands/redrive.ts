import { setTimeout as sleep } from 'node:timers/promises';
import { openOriginKeys } from '@masque/keyring';
import { toTarget } from '@masque/pipeline';
import { createInspector } from '@masque/postgres-sink';
import { createSqsSource } from '@masque/sqs-source';
import { Command } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { count, say, sayJson } from '../output/terminal.ts';
import { openQueue, queueOptions } from '../queue.ts';
import { custodianAccess } from '../keys/access.ts';

export function redriveCommand(): Command {
  return new Command('redrive')
    .description(
      'Move messages from a dead-letter queue back to the source queue, but not those that the ledger knows as loaded.',
    )
    .requiredOption('--from <url>', 'URL of the dead-letter queue')
    .option('--max <n>', 'at most so many', Number, Infinity)
    .option('--dry-run', 'only count')
    .option('--json', 'print one JSON object')
    .action(
      async (flags: { readonly from: string; readonly max: number; readonly dryRun?: true; readonly json?: true }) => {
        const moved = await redrive(flags);
        if (flags.json) sayJson(moved);
        else
          say(
            `${count(moved.sent)} sent again, ${count(moved.known)} were loaded already${flags.dryRun === true ? ' (dry run: nothing was moved)' : ''}`,
          );
      },
    );
}

/** Long enough to look a batch up and send it, short enough to try again soon after a crash. */
const visibilityTimeoutS = 60;

/**
 * AWS's own redrive gives messages new ids, by which the ledger cannot know them: a message that was loaded and not
 * deleted in time would be loaded twice. This one asks by the old id, and sends under it.
 *
 * Order: send, then delete. A crash in between sends a message twice, under one id, which the ledger loads once.
 */
async function redrive(flags: { readonly from: string; readonly max: number; readonly dryRun?: true }) {
  const pipeline = await readPipeline();
  const { DATABASE_URL: databaseUrl, MASQUE_KEYS_DIR: keysDir } = readEnvironment({
    ...settings.postgres,
    ...settings.keys,
  });
  const origins = await openOriginKeys(keysDir, pipeline, custodianAccess());
  const dead = createSqsSource({ ...queueOptions(), queueUrl: flags.from, visibilityTimeoutS, waitS: 1 });
  const source = openQueue(pipeline);
  const inspector = createInspector({ databaseUrl, target: toTarget(pipeline) });
  const moved = { sent: 0, known: 0 };
  const seen: string[] = [];
  try {
    for (let empty = 0; empty < 2 && moved.sent + moved.known < flags.max;) {
      const messages = (await dead.receive({ max: Math.min(10, flags.max - moved.sent - moved.known) })).map(
        ({ id, body, receipt, sentAt, origin = '' }) => ({
          body,
          receipt,
          first: origins.verify(origin) ?? { id, sentAt },
        }),
      );
      if (messages.length === 0) {
        empty += 1;
        continue;
      }
      const known = await inspector.inLedger(messages.map(({ first }) => first));
      const unknown = messages.filter(({ first }) => !known.has(first.id));
      moved.known += messages.length - unknown.length;
      moved.sent += unknown.length;
      if (flags.dryRun === true) {
        seen.push(...messages.map(({ receipt }) => receipt));
        continue;
      }
      if (unknown.length > 0) {
        await source.sendAgain(unknown.map(({ body, first }) => ({ body, origin: origins.sign(first) })));
      }
      await deleteAll(
        dead,
        messages.map(({ receipt }) => receipt),
      );
      if (process.stderr.isTTY) process.stderr.write(`\r${count(moved.sent + moved.known)} looked at `);
    }
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    if (seen.length > 0) await dead.release(seen);
    return moved;
  } finally {
    dead.close();
    source.close();
    await inspector.close();
  }
}

async function deleteAll(dead: ReturnType<typeof createSqsSource>, receipts: readonly string[]): Promise<void> {
  let left = receipts;
  for (let attempt = 0; attempt < 5 && left.length > 0; attempt += 1) {
    if (attempt > 0) await sleep(200 * attempt);
    left = (await dead.delete(left)).filter(({ final }) => !final).map(({ receipt }) => receipt);
  }
}
