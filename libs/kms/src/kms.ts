import type * as Sdk from '@aws-sdk/client-kms';
import { createWeightLimit } from '@masque/stage/weight-limit';
import { isForeign, kmsFault } from './kms-fault.ts';

export interface KmsOptions {
  /** Of keys whose name does not say it. Default: what the AWS configuration says. */
  readonly region?: string | undefined;
  /** Another service that speaks as KMS does. */
  readonly endpoint?: string | undefined;
}

/**
 * A rekey asks for a thousand tokens, and KMS has 500 RSA operations a second for all of an account: what it throttles
 * the SDK tries three times, and then all would end. So many at once reach that rate where a call takes 32 ms.
 */
const callsAtOnce = 16;

/**
 * AWS KMS as what keeps keys (`Kms` of libs/key-files, by shape). Keys are named `kms:` and what KMS calls a key id: an
 * ARN, whose region is then the one that is asked, an id, or `alias/…`.
 *
 * What is closed is bound to its place by an encryption context, which CloudTrail shows: so it says which key it is of,
 * and nothing else.
 */
export function createKms(options: KmsOptions = {}) {
  const clients = new Map<string | undefined, Sdk.KMSClient>();
  const limit = createWeightLimit(callsAtOnce);
  /** By key, those who wait in line together: when one of them fails, none behind it is asked any more. */
  const lines = new Map<string, AbortController>();
  // Not before it is needed: most installations have no such key, and every start of a masker would pay for it.
  let loading: Promise<typeof Sdk> | undefined;

  function ask(key: string, call: (asking: Asking) => Promise<Uint8Array | undefined>): Promise<Uint8Array> {
    const line = lines.get(key) ?? new AbortController();
    lines.set(key, line);
    return limit.run(1, async () => {
      line.signal.throwIfAborted();
      try {
        return await askNow(key, call);
      } catch (error) {
        const fault = kmsFault(error);
        if (!isForeign(fault)) {
          line.abort(fault);
          // Whoever asks from now on has a line of its own.
          if (lines.get(key) === line) lines.delete(key);
        }
        throw fault;
      }
    });
  }

  /** What is missing in an answer is a defect of the service. */
  async function askNow(key: string, call: (asking: Asking) => Promise<Uint8Array | undefined>): Promise<Uint8Array> {
    const keyId = key.replace(/^kms:/, '');
    const sdk = await (loading ??= import('@aws-sdk/client-kms'));
    const region = /^arn:[^:]+:kms:([^:]+):/.exec(keyId)?.[1] ?? options.region;
    const client = clients.get(region) ?? new sdk.KMSClient(given({ region, endpoint: options.endpoint }));
    clients.set(region, client);
    const answer = await call({ sdk, client, keyId });
    if (answer === undefined) throw new Error('an answer without what was asked for');
    return answer;
  }

  return {
    encrypt(this: void, key: string, secret: Uint8Array, context: string): Promise<Uint8Array> {
      return ask(key, async ({ sdk, client, keyId }) => {
        const input = { KeyId: keyId, Plaintext: secret, EncryptionContext: { masque: context } };
        return (await client.send(new sdk.EncryptCommand(input))).CiphertextBlob;
      });
    },
    decrypt(this: void, key: string, sealed: Uint8Array, context: string): Promise<Uint8Array> {
      return ask(key, async ({ sdk, client, keyId }) => {
        const input = { KeyId: keyId, CiphertextBlob: sealed, EncryptionContext: { masque: context } };
        return (await client.send(new sdk.DecryptCommand(input))).Plaintext;
      });
    },
    publicKey(this: void, key: string): Promise<Uint8Array> {
      return ask(key, async ({ sdk, client, keyId }) => {
        return (await client.send(new sdk.GetPublicKeyCommand({ KeyId: keyId }))).PublicKey;
      });
    },
    async decryptOaep(this: void, key: string, ciphertext: Uint8Array): Promise<Uint8Array | undefined> {
      try {
        return await ask(key, async ({ sdk, client, keyId }) => {
          const EncryptionAlgorithm = sdk.EncryptionAlgorithmSpec.RSAES_OAEP_SHA_256;
          const input = { KeyId: keyId, CiphertextBlob: ciphertext, EncryptionAlgorithm };
          return (await client.send(new sdk.DecryptCommand(input))).Plaintext;
        });
      } catch (error) {
        // Of what the key did not encrypt, KMS says no more than that.
        if (isForeign(error)) return undefined;
        throw error;
      }
    },
  };
}

interface Asking {
  readonly sdk: typeof Sdk;
  readonly client: Sdk.KMSClient;
  readonly keyId: string;
}

/** Without what was not given: the SDK takes undefined for an answer. */
function given(options: KmsOptions): { region?: string; endpoint?: string } {
  const { region, endpoint } = options;
  return { ...(region === undefined ? {} : { region }), ...(endpoint === undefined ? {} : { endpoint }) };
}
