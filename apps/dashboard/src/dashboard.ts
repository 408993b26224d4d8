import { Fault } from '@masque/fault';
import { createJobQueue } from '@masque/job-queue';
import { openBoard } from '@masque/job-queue/board';
import { loadPipeline } from '@masque/pipeline';
import { createGlancer } from '@masque/postgres-sink';
import type { Service, StageContext } from '@masque/stage';
import type { settings } from './config.ts';
import { createServer } from './server.ts';
import { createWatch } from './watch.ts';

/** Shows where messages are. It reads Redis and PostgreSQL, writes neither, and holds no key. */
export async function createDashboard(context: StageContext<typeof settings>): Promise<Service> {
  const { settings: set, log, logFault, metrics } = context;
  const pipeline = await loadPipeline(set.MASQUE_PIPELINE);
  const redis = {
    url: set.REDIS_URL,
    prefix: set.REDIS_PREFIX,
    name: `dashboard:${context.replica}`,
    onFault: (fault: Fault) => logFault('redis_fault', fault),
  };
  const jobs = createJobQueue(redis);
  const board = openBoard({
    ...redis,
    pipeline: pipeline.name,
    handoffs: {
      extracted: 'Sealed batches on their way to the masker',
      masked: 'Masked batches on their way to the loader',
      settled: 'Committed batches, to be deleted from SQS',
    },
  });
  const glancer = createGlancer({ databaseUrl: set.DATABASE_URL, pipeline: pipeline.name });
  const faults = metrics.counter('masque_dashboard_faults_total', 'Looks that failed, by server.', ['server']);
  const refused = metrics.counter('masque_dashboard_refused_logins_total', 'Log-ins with a wrong password.');
  const watch = createWatch({
    pipeline: pipeline.name,
    jobs,
    glancer,
    onFault(server, fault) {
      faults.inc({ server });
      logFault('look_fault', fault, { server });
    },
  });
  const { app, live } = await createServer({
    settings: set,
    watch,
    adapters: board.adapters,
    onLoginRefused() {
      refused.inc();
      log.warn('login_refused');
    },
    onError: (name) => log.error('request_failed', { name }),
  });
  metrics.gauge('masque_dashboard_viewers', 'Browsers that look at the overview.', () => live.viewers);

  return {
    async start() {
      // So that the first look finds a connection; whether it does, the page says.
      await jobs.check().catch(() => {});
      watch.start();
      const url = await app.listen({ host: set.DASHBOARD_HOST, port: set.DASHBOARD_PORT }).catch(() => {
        throw new Fault('port_unavailable', `cannot listen on ${set.DASHBOARD_HOST}:${set.DASHBOARD_PORT}`, {
          heals: false,
          setting: 'DASHBOARD_PORT',
          advice: 'Choose another port, or 0 for any free one; DASHBOARD_HOST must be an address of this machine.',
        });
      });
      log.info('serving', { url, login: set.DASHBOARD_PASSWORD_HASH !== undefined });
    },
    // It is there to show that others are away, so nothing of theirs makes it unready.
    waitingFor: () => undefined,
    async stop() {
      live.close();
      await app.close();
      await watch.stop();
      await Promise.all([jobs.close(), board.close(), glancer.close()]);
      return {};
    },
  };
}
