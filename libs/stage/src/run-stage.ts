/**
 * The life of a stage's process.
 *
 *     reading settings ─▶ starting ─▶ working ─▶ stopping ─▶ exited
 *            │               │           │           ▲
 *            └─ 78 ◀─────────┴─ fault ───┴───────────┘
 *
 * - **starting**: connections are tried; what waiting can heal is waited for (not ready, alive), what it cannot ends
 *   the process with status 78 and one message that names the setting.
 * - **working**: ready. A service that cannot go on calls `fail`.
 * - **stopping**: on the first SIGTERM or SIGINT, or on `fail`. The service has until three quarters of the grace
 *   period to drain and until its end to close by force; then the process leaves whatever is still open. Status 0
 *   says that all of this went well: a stop that was forced or failed is none.
 * - A second signal leaves at once, with 128 + its number. Nothing is lost by that, only done again: SQS still has
 *   every message that PostgreSQL has not committed.
 *
 * Signals are handled here and nowhere else.
 */
import { constants, hostname } from 'node:os';
import { Fault, toFault } from '@masque/fault';
import {
  createFaultLog,
  createLog,
  createMetrics,
  createTracing,
  type FaultLog,
  type Log,
  type Metrics,
  type Tracing,
} from '@masque/observability';
import { exitStatus, statusOf } from './exit.ts';
import { startHealthServer } from './health-server.ts';
import { collectStartUp, keepHeapSmall } from './heap.ts';
import { describeSettings, readSettings, type Settings, type SettingsOf } from './settings.ts';
import type { stageSettings } from './stage-settings.ts';

/** Epoch milliseconds: drain until `kindUntil`, be closed by `forceAt`. */
export interface Deadline {
  readonly kindUntil: number;
  readonly forceAt: number;
}

export interface Service {
  /** Resolves once working. The signal aborts a start that a SIGTERM overtakes. */
  start(signal: AbortSignal): Promise<void>;
  /** The code of what it waits for; undefined while it works. */
  waitingFor(): string | undefined;
  /** May be called before `start` has resolved. The report is logged: counts of what was handed back or abandoned. */
  stop(deadline: Deadline): Promise<Readonly<Record<string, number>>>;
}

export interface StageContext<S extends Settings> {
  readonly settings: SettingsOf<S>;
  /** `<host>-<pid>`: names this replica in logs and on its connections. */
  readonly replica: string;
  readonly log: Log;
  /** Limited in rate. */
  readonly logFault: FaultLog;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** Ends the process with a non-zero status after an orderly stop. */
  fail(fault: Fault): void;
}

export interface StageDefinition<S extends Settings & typeof stageSettings> {
  readonly name: string;
  readonly summary: string;
  readonly settings: S;
  /** Faults across settings. */
  readonly check?: (settings: SettingsOf<S>) => readonly string[];
  create(context: StageContext<S>): Promise<Service>;
}

export async function runStage<S extends Settings & typeof stageSettings>(stage: StageDefinition<S>): Promise<never> {
  if (process.argv.includes('--help')) {
    const isForMachine = process.argv.includes('--json');
    process.stdout.write(isForMachine ? `${JSON.stringify(describeSettings(stage.settings))}\n` : helpText(stage));
    process.exit(exitStatus.ok);
  }
  keepHeapSmall();
  try {
    process.exit(await live(stage, readSettings(stage.settings, process.env, stage.check)));
  } catch (error) {
    // Before there is a log: settings that cannot be read.
    process.stderr.write(`${stage.name}: ${toFault(error).toLine()}\n`);
    process.exit(statusOf(toFault(error)));
  }
}

async function live<S extends Settings & typeof stageSettings>(
  stage: StageDefinition<S>,
  settings: SettingsOf<S>,
): Promise<number> {
  const common = settings as SettingsOf<typeof stageSettings>;
  const replica = `${hostname()}-${process.pid}`;
  const log = createLog({ level: common.LOG_LEVEL, base: { stage: stage.name, replica } });
  const metrics = createMetrics({ stage: stage.name, pipeline: common.MASQUE_PIPELINE });
  const aborter = new AbortController();
  const { promise: asked, resolve: end } = Promise.withResolvers<Fault | undefined>();
  const ended = asked.finally(() => aborter.abort());
  let late: Fault | undefined;
  const fail = (fault: Fault): void => {
    if (!aborter.signal.aborted) return end(fault);
    late ??= fault;
    log.fault('failed_while_stopping', fault);
  };
  listenForSignals(log, () => end(undefined));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => fail(toFault(error)));
  }

  let service: Service | undefined;
  const waitingFor = (): string | undefined => {
    if (aborter.signal.aborted) return 'stopping';
    return service === undefined ? 'starting' : service.waitingFor();
  };
  let health: Awaited<ReturnType<typeof startHealthServer>> | undefined;
  let tracing: Tracing | undefined;
  let fault: Fault | undefined;
  try {
    health = await startHealthServer({ host: common.HTTP_HOST, port: common.HTTP_PORT, metrics, waitingFor });
    log.info('starting', { port: health.port, node: process.version });
    const logFault = createFaultLog(log);
    tracing = await createTracing({
      endpoint: common.OTEL_EXPORTER_OTLP_ENDPOINT,
      ratio: common.OTEL_TRACES_SAMPLER_ARG,
      stage: stage.name,
      replica,
      onFault: () => logFault('traces_dropped', tracesUnsent),
    });
    const context = { settings, replica, log, logFault, metrics, tracing, fail };
    // What never ends is overtaken by a signal; what fails is the fault.
    service = await Promise.race([stage.create(context), ended.then(() => undefined)]);
    await Promise.race([service?.start(aborter.signal).then(() => log.info('ready')), ended]);
    collectStartUp();
    fault = await ended;
  } catch (error) {
    fault = toFault(error);
  }

  aborter.abort();
  if (fault !== undefined) log.fault('failed', fault);
  const graceEnd = Date.now() + common.SHUTDOWN_GRACE_S * 1_000;
  const stopFault = await stopWithin(common.SHUTDOWN_GRACE_S, log, service);
  await tracing?.stop(Math.min(tracesPatienceMs, graceEnd - Date.now()));
  await health?.close();
  const worst = fault ?? late ?? stopFault;
  return worst === undefined ? exitStatus.ok : statusOf(worst);
}

/** The last spans are worth a moment, not the grace period. */
const tracesPatienceMs = 1_000;

const tracesUnsent = new Fault('traces_unsent', 'spans could not be sent and were dropped', {
  heals: true,
  setting: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  advice: 'Check that the collector is there and takes OTLP over HTTP.',
});

/** What kept the stop from being orderly; undefined when nothing did. */
async function stopWithin(graceS: number, log: Log, service: Service | undefined): Promise<Fault | undefined> {
  const now = Date.now();
  const deadline: Deadline = { kindUntil: now + graceS * 750, forceAt: now + graceS * 1_000 };
  const forced = new Fault('stop_forced', 'the grace period was over before the stop', { heals: true });
  const timer = Promise.withResolvers<Fault>();
  const handle = setTimeout(() => timer.resolve(forced), graceS * 1_000);
  const stop = async (): Promise<Readonly<Record<string, number>>> => (await service?.stop(deadline)) ?? {};
  const report = await Promise.race([stop().catch(toFault), timer.promise]);
  clearTimeout(handle);
  const tookMs = Date.now() - now;
  if (report === forced) {
    log.warn('stopped', { tookMs, forced: true, cost: 'unfinished batches are done again by other replicas' });
    return forced;
  }
  if (report instanceof Fault) {
    log.fault('stop_failed', report, { tookMs });
    return report;
  }
  log.info('stopped', { tookMs, ...report });
  return undefined;
}

function listenForSignals(log: Log, stop: () => void): void {
  let first = true;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (!first) process.exit(128 + constants.signals[signal]);
      first = false;
      log.info('stopping', { signal });
      stop();
    });
  }
}

function helpText(stage: { readonly name: string; readonly summary: string; readonly settings: Settings }): string {
  const lines = describeSettings(stage.settings).map(({ name, doc, unit, fallback, need }) => {
    const notes = [unit, need === 'required' ? 'required' : fallback === '' ? 'optional' : `default ${fallback}`];
    return `  ${name}\n      ${doc} (${notes.filter((note) => note !== '').join(', ')})\n`;
  });
  return `${stage.name}: ${stage.summary}\n\nSettings are environment variables:\n\n${lines.join('')}`;
}
