import {
  constants,
  createCipheriv,
  createDecipheriv,
  generateKeyPairSync,
  privateDecrypt,
  randomBytes,
} from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

function bytes(text = ''): Buffer {
  return Buffer.from(text, 'base64');
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
}

/**
 * A service that speaks KMS's protocol (JSON 1.1 over HTTP) and does its work: real RSA under a pair that never leaves
 * it, AES-GCM with the encryption context as associated data.
 */
export interface FakeKms extends AsyncDisposable {
  readonly endpoint: string;
  /** What was asked, by its operation. */
  readonly asked: string[];
  /** The most requests that ever waited for their answers together. */
  mostAtOnce: number;
  /** Answers wait for it. */
  held: Promise<void> | undefined;
  /** The next requests are answered so. */
  refuse: { readonly status: number; readonly type: string } | undefined;
}

/** Key ids: `pair` is RSA_2048 for ENCRYPT_DECRYPT, `wrap` symmetric. */
export async function startFakeKms(): Promise<FakeKms> {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const wrap = randomBytes(32);
  const asked: string[] = [];
  type Input = Readonly<Record<string, string>> & { readonly EncryptionContext?: object };

  const operations: Readonly<Record<string, (input: Input) => object>> = {
    GetPublicKey: () => ({ PublicKey: pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64') }),
    Encrypt({ Plaintext, EncryptionContext }) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', wrap, nonce).setAAD(Buffer.from(JSON.stringify(EncryptionContext)));
      const sealed = Buffer.concat([nonce, cipher.update(bytes(Plaintext)), cipher.final(), cipher.getAuthTag()]);
      return { CiphertextBlob: sealed.toString('base64') };
    },
    Decrypt({ CiphertextBlob, EncryptionAlgorithm, EncryptionContext, KeyId }) {
      const blob = bytes(CiphertextBlob);
      if (EncryptionAlgorithm === 'RSAES_OAEP_SHA_256') {
        const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
        return { KeyId, Plaintext: privateDecrypt({ key: pair.privateKey, ...padding }, blob).toString('base64') };
      }
      const decipher = createDecipheriv('aes-256-gcm', wrap, blob.subarray(0, 12));
      decipher.setAAD(Buffer.from(JSON.stringify(EncryptionContext))).setAuthTag(blob.subarray(-16));
      const plain = Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()]);
      return { KeyId, Plaintext: plain.toString('base64') };
    },
  };

  let atOnce = 0;
  const fake = {
    asked,
    mostAtOnce: 0,
    held: undefined as FakeKms['held'],
    refuse: undefined as FakeKms['refuse'],
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).replace('TrentService.', '');
      const input = JSON.parse(Buffer.concat(chunks).toString()) as Input;
      asked.push(`${operation} ${input['KeyId']}`);
      void reply(response, operation, input);
    });
  });

  async function reply(response: ServerResponse, operation: string, input: Input): Promise<void> {
    atOnce += 1;
    fake.mostAtOnce = Math.max(fake.mostAtOnce, atOnce);
    await fake.held;
    atOnce -= 1;
    if (fake.refuse !== undefined)
      return answer(response, fake.refuse.status, { __type: fake.refuse.type, message: 'a secret word' });
    try {
      answer(response, 200, operations[operation]?.(input) ?? {});
    } catch {
      answer(response, 400, { __type: 'InvalidCiphertextException' });
    }
  }
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return Object.assign(fake, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}
