import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Fault } from '@masque/fault';
import type { Metrics } from '@masque/observability';

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface HealthServerOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Metrics;
  /** What the stage is waiting for, as a fault's code; undefined when ready. */
  readonly waitingFor: () => string | undefined;
}

/** Errors of the address rather than of the port. */
const addressErrors = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EAFNOSUPPORT', 'EINVAL']);

/**
 * `/healthz`: the process answers, which is all that a liveness probe should ask: restarting it mends no outage.
 * `/readyz`: 200 while it works, 503 with the code of what it waits for. `/metrics`: Prometheus.
 * @throws {Fault} `port_unavailable`
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    void answer(request.url ?? '', response, options).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Fault('port_unavailable', `cannot listen on ${options.host}:${options.port}`, {
          heals: false,
          ...(addressErrors.has(error.code ?? '')
            ? { setting: 'HTTP_HOST', advice: 'Choose an address of this machine, or 0.0.0.0 for all of them.' }
            : { setting: 'HTTP_PORT', advice: 'Choose another port, or 0 for any free one.' }),
          details: { cause: error.code ?? 'unknown' },
        }),
      ),
    );
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(path: string, response: ServerResponse, options: HealthServerOptions): Promise<void> {
  switch (path.split('?')[0]) {
    case '/healthz':
      return sendJson(response, 200, { alive: true });
    case '/readyz': {
      const waitingFor = options.waitingFor();
      return sendJson(response, waitingFor === undefined ? 200 : 503, { ready: waitingFor === undefined, waitingFor });
    }
    case '/metrics': {
      const { contentType, text } = await options.metrics.expose();
      response.writeHead(200, { 'content-type': contentType }).end(text);
      return;
    }
    default:
      return sendJson(response, 404, { paths: ['/healthz', '/readyz', '/metrics'] });
  }
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`);
}
