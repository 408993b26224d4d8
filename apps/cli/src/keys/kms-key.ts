import { kmsPattern } from '@masque/key-files';
import { InvalidArgumentError } from 'commander';

export function aKmsKey(text: string): string {
  if (kmsPattern.test(text)) return text;
  throw new InvalidArgumentError('It is not like kms:arn:aws:kms:…, kms:alias/… or kms:<key id>.');
}
