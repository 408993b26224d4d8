import { InvalidArgumentError } from 'commander';

/** Why the custodian acts: a text that says something. */
export function aReason(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  return text.trim();
}
