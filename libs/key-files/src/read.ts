import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Fault } from '@masque/fault';
import type { z } from 'zod';
import { errno, keyFileFault } from './fault.ts';
import { exposure, type Identity } from './exposure.ts';
import { checkSignature } from './signature.ts';

export interface ReadOptions<Schema extends z.ZodType> {
  /** True: nobody but the owner may read it. False: nobody but the owner may write it. */
  readonly secret: boolean;
  /**
   * The whole file, version and role included. The names in it may be shown when a file does not fit, so it must not
   * take names from the file (no `z.record`).
   */
  readonly schema: Schema;
  /** The custodian's public key; absent where signatures are not looked at. */
  readonly signer?: string | undefined;
  /** Changes what the file holds, once its signature was looked at, into what fits the schema. */
  readonly open?: ((content: Content) => Promise<Content>) | undefined;
}

export type Content = Readonly<Record<string, unknown>>;

/** A key file is a few kilobytes. What is larger is something else, and is not read into memory to find out. */
const maxBytes = 1_048_576;

/**
 * Reads one JSON key file, in which closed secrets stay as they stand (`readSecrets` opens them). Mode and content are those of the same open file, so nothing can be put between.
 * @throws {Fault} `key_file_missing`, `key_file_unreadable`, `key_file_exposed`, `key_file_malformed`,
 * `key_file_unsigned`, `key_file_forged`
 */
export async function readKeyFile<Schema extends z.ZodType>(
  path: string,
  options: ReadOptions<Schema>,
): Promise<z.output<Schema>> {
  return parse(path, await readText(path, options.secret), options);
}

/** The text of a file that only its owner may read. @throws {Fault} as `readKeyFile` */
export async function readPrivateText(path: string): Promise<string> {
  return readText(path, true);
}

async function readText(path: string, secret: boolean): Promise<string> {
  let file: FileHandle | undefined;
  try {
    // Without O_NONBLOCK a named pipe in the file's place would hold the start up for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    checkFile(path, await file.stat(), secret);
    return await file.readFile('utf8');
  } catch (error) {
    if (error instanceof Fault) throw error;
    const code = errno(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw keyFileFault('key_file_missing', path, 'is not there', 'Make keys with `masque keys init`, or mount them.');
    }
    const advice = 'It must be readable by the user this process runs as.';
    throw keyFileFault('key_file_unreadable', path, `cannot be read (${code})`, advice, { errno: code });
  } finally {
    await file?.close();
  }
}

function checkFile(path: string, stats: Stats, secret: boolean): void {
  if (!stats.isFile()) {
    throw keyFileFault(
      'key_file_unreadable',
      path,
      'is no regular file',
      'Name the folder that `masque keys init` made.',
    );
  }
  const fault = exposure(stats, secret, identity());
  if (fault !== undefined) {
    throw keyFileFault('key_file_exposed', path, fault.what, `Run: chmod ${fault.mode} ${path}`);
  }
  if (stats.size > maxBytes) throw malformed(path, 'is too large to be one');
}

function identity(): Identity {
  return { uid: process.geteuid?.() ?? 0 };
}

async function parse<Schema extends z.ZodType>(
  path: string,
  text: string,
  { schema, signer, open }: ReadOptions<Schema>,
): Promise<z.output<Schema>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // V8's message quotes the text around the error, which here is a key.
    throw malformed(path, 'is not JSON');
  }
  const { signature, ...content } = isObject(json) ? json : {};
  if (signer !== undefined) checkSignature(path, content, signature, signer);
  const opened = open === undefined ? content : await open(content);
  const result = schema.safeParse(isObject(json) ? opened : json);
  if (result.success) return result.data;
  const fields = new Set(result.error.issues.map((issue) => issue.path.map(String).join('.') || 'the whole'));
  if (fields.has('role')) throw misplaced(path);
  throw malformed(path, `does not fit this version of Masque (${[...fields].slice(0, 5).join(', ')})`);
}

function isObject(json: unknown): json is Content {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function misplaced(path: string): Fault {
  const advice = 'Put each file back where `masque keys init` made it: roles are folders, and names are kinds.';
  return keyFileFault('key_file_malformed', path, 'holds no key of the kind that belongs there', advice);
}

function malformed(path: string, what: string): Fault {
  return keyFileFault('key_file_malformed', path, what, 'Restore it, or make keys anew with `masque keys init`.');
}
