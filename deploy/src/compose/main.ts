/**
 * `npm run test:compose`: docker-compose.yml for real, as a user has it. Up, send, scale up and down under load, kill,
 * a new key, down, up again with the data kept; in the end every message is in exactly one place. Where no engine
 * answers it says so and leaves with 0. Takes some minutes.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findEngine } from './engine.ts';
import { renewKey } from './new-key.ts';
import { createProject, type Project, stages } from './project.ts';
import { breaches } from './rows.ts';
import type { Sent } from './traffic.ts';
import { until } from './until.ts';

/** stop_grace_period of a stage, and what an engine takes to stop several containers on a busy machine. */
const longestStopS = 30 + 15;

const usage = `npm run test:compose -- [--messages N] [--no-build]

Runs docker-compose.yml in a project of its own, masque-test, and removes it again. Needs docker and docker compose, or
docker-compose 1.29.

  --messages  at least so many messages in each of two goes (default 3000)
  --no-build  with the images as they are
`;

process.exitCode = await main();

async function main(): Promise<number> {
  let given;
  try {
    const options = {
      messages: { type: 'string', default: '3000' },
      'no-build': { type: 'boolean', default: false },
      help: { type: 'boolean' },
    } as const;
    given = parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 64;
  }
  if (given.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const messages = Number(given.messages);
  if (!Number.isSafeInteger(messages) || messages < 1) {
    process.stderr.write(`--messages ${given.messages} is no number of messages\n`);
    return 64;
  }
  const envFile = join(tmpdir(), `masque-compose-${process.pid}.env`);
  const engine = findEngine({ folder: resolve(import.meta.dirname, '../../..'), project: 'masque-test', envFile });
  if ('missing' in engine) {
    say(`skipped: ${engine.missing}, so docker-compose.yml was not run`);
    return 0;
  }
  // A free port: another installation may have the usual one.
  writeFileSync(envFile, 'DASHBOARD_PORT=0\n');
  say(`docker-compose.yml with ${engine.version}`);
  const project = createProject(engine);
  const end = (): Promise<unknown> =>
    project
      .down('--volumes', '--remove-orphans')
      .catch((error: Error) => process.stderr.write(error.message))
      .finally(() => rmSync(envFile, { force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void end().then(() => process.exit(130)));
  try {
    await project.down('--volumes', '--remove-orphans');
    if (!given['no-build']) await step('images built', () => project.build());
    await check(project, messages);
    return 0;
  } catch (error) {
    process.stderr.write(`${await project.logs().catch(() => '')}\n${(error as Error).message}\n`);
    return 1;
  } finally {
    await end();
  }
}

async function check(project: Project, messages: number): Promise<void> {
  for (const image of await project.imageSizes()) say(`    ${image}`);

  await step('up from nothing: keys made, tables created, every stage ready', () =>
    project.up({ extractor: 1, masker: 1, loader: 1 }),
  );
  await step('each container has what its row of the table gives it, and no more', async () => {
    const found = (await Promise.all(stages.map((stage) => breaches(project, stage)))).flat();
    if (found.length > 0) throw new Error(found.join('\n'));
  });

  await step('the dashboard asks for the password that its first start made', () => project.askedToLogIn());

  let traffic = project.traffic();
  await step('under load: three maskers, two extractors, two loaders', () =>
    project.up({ extractor: 2, masker: 3, loader: 2 }),
  );
  await step('under load: one of each killed, and back', async () => {
    for (const stage of stages) await project.kill(stage);
  });
  await step('under load: one of each again', () => project.up({ extractor: 1, masker: 1, loader: 1 }));
  const first = await traffic.end(messages);
  await step(`${total(first)} messages accounted for`, () => balance(project, first));

  await step('a new key, from rotate to destroy, and every row masked with it', () => renewKey(project));

  traffic = project.traffic();
  let second: Sent = { good: 0, bad: 0 };
  await step('under load: stopped within the grace period, each of its own will', async () => {
    await until('some of it loaded', async () => (await project.loaded()) > total(first));
    const seconds = await project.stop();
    const states = (await Promise.all(stages.map((stage) => project.containers(stage)))).flat();
    const statuses = states.map(({ State }) => State.ExitCode);
    if (seconds > longestStopS || statuses.length !== stages.length || statuses.some((status) => status !== 0)) {
      throw new Error(`stopping took ${seconds.toFixed(1)} s, with exit statuses ${statuses.join(', ')}`);
    }
    const loaded = (await project.loaded()) - total(first);
    second = await traffic.end(messages);
    say(`    stopped in ${seconds.toFixed(1)} s; ${loaded} of ${total(second)} were loaded by then`);
    await project.down();
  });
  await step('up again with the data kept', () => project.up({ extractor: 1, masker: 2, loader: 1 }));
  const both = { good: first.good + second.good, bad: first.bad + second.bad };
  await step(`${total(both)} messages accounted for`, () => balance(project, both));
}

/** Waits until all are placed, then looks where. */
async function balance(project: Project, sent: Sent): Promise<void> {
  await until(`${total(sent)} in the ledger`, async () => (await project.loaded()) >= total(sent));
  await until('the queue empty', async () => (await project.account()).queued === 0);
  const { queued: _, ...is } = await project.account();
  const should = { rows: sent.good, users: sent.good, quarantined: sent.bad, ledger: total(sent) };
  if (JSON.stringify(is) !== JSON.stringify(should)) {
    throw new Error(`there is ${JSON.stringify(is)}, and should be ${JSON.stringify(should)}`);
  }
}

function total({ good, bad }: Sent): number {
  return good + bad;
}

async function step(what: string, work: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  await work();
  say(`✔ ${what} (${((performance.now() - began) / 1_000).toFixed(0)} s)`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
