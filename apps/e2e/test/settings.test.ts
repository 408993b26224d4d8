import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { envExample, envExampleFile, readme, readmeFile } from '../src/settings/pages.ts';

it('.env.example and the README tell the settings as the stages have them (npm run docs:settings)', () => {
  expect(readFileSync(envExampleFile, 'utf8')).toBe(envExample());
  expect(readFileSync(readmeFile, 'utf8')).toBe(readme());
});
