/**
 * The demo: servers, keys, table, messages, stages, and an account of where every message ended.
 *
 *     opening ─▶ sending ─▶ working ─▶ accounting ─▶ (kept) ─▶ closing
 *
 * Whatever happens, closing runs: stages first, then the servers. The exit status is 0 only if every message sent is
 * in exactly one place and the queue is empty.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@masque/fault';
import { loadSample, type Replicas, type Snapshot, type StageProcess, stages } from '@masque/local-pipeline';
import type { Pipeline } from '@masque/pipeline';
import { exitStatus } from '@masque/stage';
import { readLines } from '../commands/send.ts';
import { readPipeline } from '../environment.ts';
import { count, paint, remark, say, sayJson } from '../output/terminal.ts';
import { account } from './account.ts';
import { createLiveView } from './live-view.ts';
import { saySummary, toJson } from './summary.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

export interface DemoOptions {
  readonly input?: string;
  readonly messages?: number;
  readonly repeat: number;
  readonly replicas: Replicas;
  readonly keep?: true;
  readonly listen?: true;
  readonly json?: true;
  readonly signal: AbortSignal;
}

/** No message moved for so long: something is wrong that waiting will not mend. */
const stuckAfterMs = 60_000;
const lookEveryMs = 100;

export async function runDemo(options: DemoOptions): Promise<number> {
  const began = performance.now();
  const { signal } = options;
  const pipeline = await readPipeline();
  const stay = options.listen === true || options.keep === true;
  let workspace: Workspace | undefined;
  try {
    note(`starting PostgreSQL, Redis and SQS on this machine, making keys`);
    workspace = await openWorkspace({ pipeline, keep: stay, signal, onProgress: note });
    const sent = options.listen === true ? 0 : await sendAll(workspace, pipeline, options);
    const { local } = workspace;
    await local.startAll(options.replicas, signal);
    if (options.listen === true) {
      sayListening(workspace);
      await Promise.race([aborted(signal), someEnd(local.processes)]);
      return exitStatus.ok;
    }
    const last = await watch(workspace, sent, options);
    const result = await account({
      workspace,
      pipeline,
      sent,
      snapshot: last,
      seconds: (performance.now() - began) / 1_000,
    });
    if (options.json) sayJson(toJson(result));
    else saySummary(result);
    if (options.keep === true) {
      sayListening(workspace);
      await Promise.race([aborted(signal), someEnd(local.processes)]);
    }
    return result.complete ? exitStatus.ok : exitStatus.failed;
  } catch (error) {
    if (signal.aborted) {
      remark('stopped before the end');
      return 130;
    }
    throw error;
  } finally {
    await workspace?.close();
  }
}

function note(what: string): void {
  remark(paint(process.stderr, 'dim', `  ${what}`));
}

async function sendAll({ stack, queueUrl }: Workspace, pipeline: Pipeline, options: DemoOptions): Promise<number> {
  let sent = 0;
  const chunks = options.input === undefined ? await loadSample(pipeline, options) : readLines(options.input);
  for await (const bodies of chunks) {
    options.signal.throwIfAborted();
    await stack.sqs.send(queueUrl, bodies);
    sent += bodies.length;
    if (process.stderr.isTTY && sent > 1_000) process.stderr.write(`\r  ${count(sent)} messages sent `);
  }
  if (process.stderr.isTTY && sent > 1_000) process.stderr.write('\r\u001b[K');
  if (sent === 0)
    throw new Fault('input_empty', `${options.input ?? 'the sample'} holds no line`, {
      heals: false,
      setting: '--input',
    });
  note(`${count(sent)} messages sent to ${pipeline.source.queue}`);
  return sent;
}

/** Looks until every message is settled. @throws {Fault} `stage_ended`, `stuck` */
async function watch(workspace: Workspace, sent: number, { replicas, signal }: DemoOptions): Promise<Snapshot> {
  const view = createLiveView(sent, replicas);
  const end = someEnd(workspace.local.processes);
  let moved = Date.now();
  let before = -1;
  try {
    for (;;) {
      signal.throwIfAborted();
      const now = await Promise.race([workspace.local.snapshot(), end]);
      view.show(now);
      if (now.deleted >= sent && (await isEmpty(workspace))) return now;
      const progress = now.deleted + stages.reduce((sum, stage) => sum + now.stages[stage].messages, 0);
      if (progress !== before) moved = Date.now();
      before = progress;
      if (Date.now() - moved > stuckAfterMs) throw stuck(workspace);
      await sleep(lookEveryMs);
    }
  } finally {
    view.end();
  }
}

async function isEmpty({ stack, queueUrl }: Workspace): Promise<boolean> {
  const { visible, inFlight, delayed } = await stack.sqs.counts(queueUrl);
  return visible + inFlight + delayed === 0;
}

async function someEnd(processes: readonly StageProcess[]): Promise<never> {
  const { stage, status } = await Promise.race(
    processes.map(async ({ stage, ended }) => ({ stage, status: await ended })),
  );
  throw new Fault('stage_ended', `the ${stage} ended with status ${status ?? 'none'} while it was needed`, {
    heals: false,
  });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

function stuck({ local: { logDir } }: Workspace): Fault {
  return new Fault('stuck', `no message has moved for ${stuckAfterMs / 1_000} s; the stages’ logs are in ${logDir}`, {
    heals: false,
  });
}

function sayListening({ local, queueUrl, databaseUrl }: Workspace): void {
  say();
  say(paint(process.stdout, 'bold', 'Listening.') + ' Ctrl-C stops everything. From another terminal, in this folder:');
  say();
  say('  npx masque send --file logins.jsonl     send each line as a message; - reads standard input');
  say('  npx masque status                       where messages are');
  say();
  say(`  queue       ${queueUrl}`);
  say(`  table       ${databaseUrl}`);
  say(`  stage logs  ${local.logDir}`);
}
