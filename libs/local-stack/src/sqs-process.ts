/**
 * The SQS server: fauxqs, as a process of its own. Arguments: port, region and, to keep the queues, a folder.
 * Says `listening` when it is.
 */
import { Server } from 'node:net';
import { startFauxqs } from 'fauxqs';

// fauxqs 2.4.1 listens on 0.0.0.0 and takes no address (`host` is for queue URLs). Without credentials, and with
// messages not masked yet, it has no business on the network.
const listen = Reflect.get(Server.prototype, 'listen') as (this: Server, ...args: unknown[]) => Server;
Reflect.set(Server.prototype, 'listen', function (this: Server, options: object, ...rest: unknown[]) {
  return listen.call(this, { ...options, host: '127.0.0.1' }, ...rest);
});

const [port, region, dataDir] = process.argv.slice(2);
const server = await startFauxqs({
  port: Number(port),
  logger: false,
  ...(region === undefined ? {} : { defaultRegion: region }),
  ...(dataDir === undefined ? {} : { dataDir }),
});
// Its file is written through at every change; this ends long polls with an answer instead of a reset.
process.once('SIGTERM', () => void server.stop().finally(() => process.exit(0)));
process.stdout.write('listening\n');
