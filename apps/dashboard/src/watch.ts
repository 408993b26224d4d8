/**
 * Looks at the pipeline once a second: Redis each time, PostgreSQL every fifth. What cannot be read is said to be so,
 * and what was read last is not shown as if it were true.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, toFault } from '@masque/fault';
import type { CountedReplica, JobQueue, QueueDepth } from '@masque/job-queue';
import type { Glance, Glancer } from '@masque/postgres-sink';
import { createHistory, type History, type Point, pointEveryS } from './history.ts';
import {
  type ArrowName,
  arrowNames,
  type Facts,
  type Overview,
  type StageName,
  stageNames,
  stageView,
  withConditions,
} from './overview.ts';
import { quantile } from './quantile.ts';
import { createTally } from './tally.ts';

export interface WatchDeps {
  readonly pipeline: string;
  readonly jobs: Pick<JobQueue, 'depth' | 'oldest' | 'presence'>;
  readonly glancer: Pick<Glancer, 'look'>;
  readonly onFault: (server: 'redis' | 'postgres', fault: Fault) => void;
  readonly everyMs?: number;
}

export interface Watch {
  readonly overview: Overview | undefined;
  readonly history: History;
  /** Told after each look, with the point that it added to the history, if it did. */
  onLook(listener: (overview: Overview, point: Point | undefined) => void): () => void;
  start(): void;
  stop(): Promise<void>;
}

/** Short enough to be called now, long enough for two or three beats of each replica. */
const nowS = 5;
const latencyS = 30;

const progress: Readonly<Record<StageName, readonly string[]>> = {
  extractor: ['masque_extractor_received_messages_total'],
  masker: ['masque_masker_masked_records_total', 'masque_masker_rejected_messages_total'],
  loader: [
    'masque_loader_loaded_rows_total',
    'masque_loader_quarantined_messages_total',
    'masque_loader_duplicate_messages_total',
  ],
};

const retries: Readonly<Record<StageName, readonly string[]>> = {
  extractor: ['masque_extractor_retries_total'],
  masker: ['masque_masker_faults_total'],
  loader: ['masque_loader_retries_total', 'masque_loader_faults_total'],
};

const nothingAside: Glance = { held: {}, heldIsCut: false, newest: [] };

export function createWatch({ pipeline, jobs, glancer, onFault, everyMs = 1_000 }: WatchDeps): Watch {
  const tally = createTally();
  const history = createHistory();
  const listeners = new Set<(overview: Overview, point: Point | undefined) => void>();
  const stopped = new AbortController();
  const since = Date.now() / 1_000;
  const stillness = createStillness();
  let overview: Overview | undefined;
  let redis: Facts['redis'] = { code: 'starting', answered: null };
  let postgres: Facts['postgres'] = { code: 'starting', answered: null };
  let glance = nothingAside;
  let replicas: readonly CountedReplica[] = [];
  let arrows: Facts['arrows'] = [];
  let running: Promise<unknown> = Promise.resolve();

  async function lookAtRedis(): Promise<void> {
    try {
      const [depths, oldest, seen] = await Promise.all([
        jobs.depth(pipeline, arrowNames),
        jobs.oldest(pipeline, arrowNames),
        jobs.presence.counted(pipeline),
      ]);
      const now = Date.now();
      replicas = seen;
      tally.add(seen);
      arrows = arrowNames.map((name) => {
        const depth = depths[name] ?? { waiting: 0, active: 0, delayed: 0 };
        const added = oldest[name];
        const age = added === undefined ? null : Math.max(0, (now - added) / 1_000);
        return Object.assign({ name, oldest: age, still: stillness(name, depth, added, now) }, depth);
      });
      redis = { code: 'ok', answered: now / 1_000 };
    } catch (error) {
      const fault = toFault(error);
      redis = { ...redis, code: fault.code };
      [replicas, arrows] = [[], []];
      tally.add([]);
      onFault('redis', fault);
    }
  }

  async function lookAtPostgres(): Promise<void> {
    try {
      glance = await glancer.look();
      postgres = { code: 'ok', answered: Date.now() / 1_000 };
    } catch (error) {
      const fault = toFault(error);
      postgres = { ...postgres, code: fault.code };
      glance = nothingAside;
      onFault('postgres', fault);
    }
  }

  /** A counter that has a label is not told before its first count: 0, where there is a replica to tell it. */
  const sum = (of: StageName, names: readonly string[], seconds: number): number | null =>
    replicas.some(({ stage }) => stage === of)
      ? names.reduce((total, name) => total + (tally.rate(name, seconds) ?? 0), 0)
      : null;
  const memo = (): number | null => {
    const [hits = 0, misses = 0] = [
      tally.rate('masque_masker_memo_hits_total', latencyS),
      tally.rate('masque_masker_memo_misses_total', latencyS),
    ];
    return hits + misses < 1e-9 ? null : hits / (hits + misses);
  };

  function facts(): Facts {
    const buckets = tally.rates('masque_loader_end_to_end_seconds_bucket', latencyS);
    const aside = sum('loader', ['masque_loader_quarantined_messages_total'], latencyS);
    const placed = sum('loader', progress.loader, latencyS);
    const counts = tally.latest('masque_extractor_queue_messages');
    return {
      at: Date.now() / 1_000,
      pipeline,
      since,
      redis,
      postgres,
      sqs:
        counts['visible'] === undefined
          ? null
          : { visible: counts['visible'], inFlight: counts['in_flight'] ?? 0, delayed: counts['delayed'] ?? 0 },
      stages: stageNames.map((name) =>
        stageView(name, replicas, {
          rate: sum(name, progress[name], nowS),
          retries: perMinute(sum(name, retries[name], latencyS)),
        }),
      ),
      arrows,
      latency: { p50: quantile(0.5, buckets) ?? null, p99: quantile(0.99, buckets) ?? null },
      memo: memo(),
      quarantine: {
        ...glance,
        perMinute: perMinute(aside),
        share: aside === null || placed === null || placed === 0 ? null : aside / placed,
      },
    };
  }

  function pointOf({ at, stages, latency }: Facts): Point {
    // Over five seconds a single message would be a spike of twelve a minute.
    const rates = tally.rates('masque_loader_quarantined_messages_total', latencyS);
    const [received = null, masked = null, loaded = null] = stages.map(({ rate }) => rate);
    const aside = Object.entries(rates).filter(([, rate]) => rate > 0);
    return {
      t: Math.round(at),
      received,
      masked,
      loaded,
      ...latency,
      memo: memo(),
      quarantined: Object.fromEntries(aside.map(([reason, rate]) => [reason, rate * 60])),
    };
  }

  async function run(): Promise<void> {
    for (let looks = 0; !stopped.signal.aborted; looks += 1) {
      const began = Date.now();
      const isFifth = looks % pointEveryS === 0;
      await Promise.all([lookAtRedis(), isFifth ? lookAtPostgres() : undefined]);
      const seen = facts();
      overview = withConditions(seen);
      const point = isFifth && looks > 0 ? pointOf(seen) : undefined;
      if (point !== undefined) history.add(point);
      for (const listener of listeners) listener(overview, point);
      const rest = Math.max(0, everyMs - (Date.now() - began));
      await sleep(rest, undefined, { signal: stopped.signal, ref: false }).catch(() => {});
    }
  }

  return {
    get overview() {
      return overview;
    },
    history,
    onLook(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start: () => void (running = run()),
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

/** For how long a queue has had the same batches and the same oldest one, seconds. */
function createStillness() {
  const last = new Map<ArrowName, { readonly mark: string; readonly since: number }>();
  return (name: ArrowName, depth: QueueDepth, oldest: number | undefined, now: number): number => {
    if (oldest === undefined) {
      last.delete(name);
      return 0;
    }
    const mark = `${depth.waiting} ${depth.active} ${depth.delayed} ${oldest}`;
    const before = last.get(name);
    if (before?.mark === mark) return (now - before.since) / 1_000;
    last.set(name, { mark, since: now });
    return 0;
  };
}

function perMinute(rate: number | null): number | null {
  return rate === null ? null : rate * 60;
}
