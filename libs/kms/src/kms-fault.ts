import { Fault } from '@masque/fault';

/** Not encrypted to this key, or in another context. */
export function isForeign(error: unknown): boolean {
  return error instanceof Fault && error.details['kind'] === 'InvalidCiphertextException';
}

/** Faults of the service's, by name: a person, a policy or the key itself has to change. */
const refusals: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'NotFoundException',
  'DisabledException',
  'KMSInvalidStateException',
  'InvalidKeyUsageException',
  'InvalidCiphertextException',
  'IncorrectKeyException',
  'UnrecognizedClientException',
  'ExpiredTokenException',
  'InvalidSignatureException',
  'ValidationException',
  'CredentialsProviderError',
]);

/** The SDK's messages name accounts and principals, and its causes quote requests: only the kind is kept. */
export function kmsFault(error: unknown): Fault {
  const name = error instanceof Error ? error.name : '';
  const kind = /^[A-Za-z]{1,60}$/.test(name) ? name : 'unknown';
  if (refusals.has(name)) {
    return new Fault('kms_refused', `the key service refuses (${kind})`, {
      heals: false,
      setting: 'MASQUE_KEYS_DIR',
      advice: advice(name),
      details: { kind },
    });
  }
  return new Fault('kms_unreachable', `the key service does not answer (${kind})`, {
    heals: true,
    setting: 'AWS_ENDPOINT_URL_KMS',
    advice: 'Check that it is reached from here, and the region.',
    details: { kind },
  });
}

function advice(name: string): string {
  switch (name) {
    case 'NotFoundException':
    case 'DisabledException':
    case 'KMSInvalidStateException':
      return 'The key that the file names is gone, disabled or about to be deleted; restore it there.';
    case 'InvalidCiphertextException':
    case 'IncorrectKeyException':
      return 'The file was altered, or was closed by another key.';
    default:
      return 'Give this process credentials that may use the key: kms:Decrypt, kms:Encrypt, kms:GetPublicKey.';
  }
}
