import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { packBase64 } from '@masque/handoff';
import { keyPaths } from '@masque/key-files';
import { type FoundToken, initKeys, openFinder } from '@masque/keyring';
import { createDatabase, dropDatabase, uniqueName } from '@masque/local-stack/testing';
import { loadPipeline, toTarget } from '@masque/pipeline';
import { createPostgresSink, migrate, type SinkBatch } from '@masque/postgres-sink';
import { createSealer, quarantineContext, readSealPublicKey } from '@masque/sealing';
import { Client, type QueryResultRow } from 'pg';
import { type Answer, command } from './command.ts';

const definition = resolve(import.meta.dirname, '../test/definitions/every-method.ts');

/** Values of a person, by field; none where it is left out. */
export type Person = Readonly<Record<string, string>>;

/** A custodian's desk: keys and a database of its own, filled as the stages would have, and the command. */
export interface Desk {
  readonly keysDir: string;
  readonly settings: Readonly<Record<string, string>>;
  run(args: readonly string[], input?: string): Promise<Answer>;
  /** What a masker makes of a value. */
  token(field: string, value: string): FoundToken;
  load(people: readonly Person[]): Promise<void>;
  /** Puts messages into the quarantine, in this order, sealed to the custodian. */
  quarantine(bodies: readonly string[]): Promise<void>;
  query<Row extends QueryResultRow>(text: string): Promise<Row[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openDesk(postgresUrl: string): Promise<Desk> {
  const keysDir = await mkdtemp(join(tmpdir(), 'masque-desk-'));
  const name = uniqueName('desk');
  const databaseUrl = await createDatabase(postgresUrl, name);
  const pipeline = await loadPipeline(definition);
  const target = toTarget(pipeline);
  await Promise.all([initKeys(keysDir, pipeline), migrate({ databaseUrl, target })]);
  const finder = await openFinder(keysDir, pipeline);
  const sealer = createSealer(await readSealPublicKey(keyPaths(keysDir).masker.quarantinePublic));
  const sink = createPostgresSink({ databaseUrl, target, connections: 1, name });
  const client = new Client(databaseUrl);
  await client.connect();
  const settings = { MASQUE_PIPELINE: definition, MASQUE_KEYS_DIR: keysDir, DATABASE_URL: databaseUrl };

  function batchOf(people: readonly Person[]): SinkBatch {
    const found = people.map((person) => {
      const fields = Object.keys(pipeline.mask).filter((field) => person[field] !== undefined);
      return new Map(fields.map((field) => [field, finder.mask(field, person[field] ?? '')]));
    });
    const entries = found.flatMap((each) => [...each.values()]).flatMap(({ entry }) => entry ?? []);
    const cells = (column: string): (string | null)[] =>
      column === 'id' ? people.map(({ id = '' }) => id) : found.map((each) => each.get(column)?.token ?? null);
    return {
      messageIds: people.map(() => randomUUID()),
      sentAt: people.map(() => Date.now()),
      receivedAt: Date.now(),
      rows: people.map((_, at) => at),
      columns: Object.fromEntries(target.columns.map((column) => [column.name, cells(column.name)])),
      rejects: [],
      entries: {
        tokens: entries.map(({ token }) => token),
        kids: entries.map(({ kid }) => kid),
        ciphertexts: packBase64(entries.map(({ ciphertext }) => ciphertext)),
      },
    };
  }

  return {
    keysDir,
    settings,
    run: (args, input) => command(settings, args, input),
    token: (field, value) => finder.mask(field, value),
    load: async (people) => void (await sink.load(batchOf(people))),
    async quarantine(bodies) {
      // One by one: a batch goes by the order of its messages' ids.
      for (const body of bodies) {
        const batch = batchOf([{}]);
        const context = quarantineContext(pipeline.name, batch.messageIds[0] ?? '');
        const sealed = (await sealer.seal([Buffer.from(body)], context)).toString('base64');
        const rejects = [{ at: 0, reason: 'invalid_value', fields: [], body: sealed }];
        await sink.load({ ...batch, rows: [], columns: {}, rejects });
      }
    },
    query: async <Row extends QueryResultRow>(text: string): Promise<Row[]> => (await client.query<Row>(text)).rows,
    async [Symbol.asyncDispose]() {
      await sink.close();
      await client.end();
      await dropDatabase(postgresUrl, name);
      await rm(keysDir, { recursive: true, force: true });
    },
  };
}
