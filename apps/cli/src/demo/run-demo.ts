/**
 * The demo: servers, keys, table, messages, stages, and an account of where every message ended.
 *
 *     opening ─▶ sending ─▶ working ─▶ accounting ─▶ (listening) ─▶ closing
 *
 * `--listen` goes from opening to listening, `--keep` stops there on its way to closing.
 * Whatever happens, closing runs: stages first, then the servers. The exit status is 0 only if every message sent is
 * in exactly one place and the queue is empty.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@masque/fault';
import { lastErrors, loadSample, type Replicas, type Snapshot, stages } from '@masque/local-pipeline';
import type { Pipeline } from '@masque/pipeline';
import { exitStatus } from '@masque/stage/command';
import { readPipeline } from '../environment.ts';
import { readLines } from '../input/lines.ts';
import { plural, remark, sayJson } from '../output/terminal.ts';
import { account, takeTally } from './account.ts';
import { isStageEnd, someEnd } from './ended-stage.ts';
import { createLiveView } from './live-view.ts';
import { listen } from './listening.ts';
import { createOpening, type Opening } from './opening.ts';
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
/** 128 + SIGINT, as a shell says it of what Ctrl-C ended. */
const interrupted = 130;

export async function runDemo(options: DemoOptions): Promise<number> {
  const began = performance.now();
  const pipeline = await readPipeline();
  const opening = createOpening();
  let workspace: Workspace | undefined;
  let keepLogs = false;
  try {
    const stay = options.listen === true || options.keep === true;
    opening.step('starting PostgreSQL, Redis and SQS on this machine');
    workspace = await openWorkspace({
      pipeline,
      keep: stay,
      signal: options.signal,
      onServer: (event) => opening.server(event),
    });
    return await runIn({ workspace, pipeline, opening, began }, options);
  } catch (error) {
    opening.clear();
    if (options.signal.aborted) {
      remark('Stopped before the end.');
      return interrupted;
    }
    if (workspace === undefined || !isStageEnd(error)) throw error;
    keepLogs = true;
    remark(`masque: ${error.toLine()}`);
    for (const line of await lastErrors(workspace.local.logDir)) remark(`  ${line}`);
    remark(`The stages’ logs are in ${workspace.local.logDir}`);
    return exitStatus.failed;
  } finally {
    await workspace?.close({ keepLogs });
  }
}

interface Run {
  readonly workspace: Workspace;
  readonly pipeline: Pipeline;
  readonly opening: Opening;
  /** Of the process's own clock. */
  readonly began: number;
}

async function runIn({ workspace, pipeline, opening, began }: Run, options: DemoOptions): Promise<number> {
  const { signal, replicas } = options;
  const { stack, local } = workspace;
  opening.settled(`PostgreSQL on port ${stack.postgres.port}, Redis on ${stack.redis.port}, SQS on ${stack.sqs.port}`);
  const before = await takeTally(workspace, pipeline);
  const sent = options.listen === true ? 0 : await sendAll(workspace, pipeline, opening, options);
  opening.step(`starting ${stages.map((stage) => `${replicas[stage]} ${stage}`).join(', ')}`);
  await local.startAll(replicas, signal);
  opening.clear();
  if (options.listen === true) return await listen(workspace, signal, remark);
  const snapshot = await watch(workspace, sent, options);
  const seconds = (performance.now() - began) / 1_000;
  const result = await account({ workspace, pipeline, before, sent, snapshot, seconds });
  if (options.json) sayJson(toJson(result));
  else saySummary(result);
  if (options.keep === true) await listen(workspace, signal, remark);
  return result.complete ? exitStatus.ok : exitStatus.failed;
}

async function sendAll(
  { stack, queueUrl }: Workspace,
  pipeline: Pipeline,
  opening: Opening,
  options: DemoOptions,
): Promise<number> {
  let sent = 0;
  for await (const bodies of await bodiesOf(pipeline, options)) {
    options.signal.throwIfAborted();
    await stack.sqs.send(queueUrl, bodies);
    sent += bodies.length;
    if (sent > 1_000) opening.step(`${plural(sent, 'message')} sent`);
  }
  if (sent === 0)
    throw new Fault('input_empty', `${options.input ?? 'the sample'} holds no line`, {
      heals: false,
      setting: '--input',
    });
  opening.done(`${plural(sent, 'message')} sent to ${pipeline.source.queue}`);
  return sent;
}

async function bodiesOf(
  pipeline: Pipeline,
  options: DemoOptions,
): Promise<Iterable<readonly string[]> | AsyncIterable<readonly string[]>> {
  if (options.input === undefined) return await loadSample(pipeline, options);
  return textsOf(options.input);
}

async function* textsOf(path: string): AsyncGenerator<readonly string[]> {
  for await (const lines of readLines(path)) yield lines.map(({ text }) => text);
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
      if (now.deleted >= sent && (await isEmpty(workspace))) {
        view.finish(now);
        return now;
      }
      view.show(now);
      const progress = now.deleted + stages.reduce((sum, stage) => sum + now.stages[stage].messages, 0);
      if (progress !== before) moved = Date.now();
      before = progress;
      if (Date.now() - moved > stuckAfterMs) throw stuck();
      await sleep(lookEveryMs);
    }
  } catch (error) {
    view.clear();
    throw error;
  }
}

async function isEmpty({ stack, queueUrl }: Workspace): Promise<boolean> {
  const { visible, inFlight, delayed } = await stack.sqs.counts(queueUrl);
  return visible + inFlight + delayed === 0;
}

function stuck(): Fault {
  return new Fault('stuck', `no message has moved for ${stuckAfterMs / 1_000} s`, { heals: false });
}
