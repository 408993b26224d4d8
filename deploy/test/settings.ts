import { join } from 'node:path';
import { describeSettings, type SettingDescription, type Settings } from '@masque/stage';
import { repository } from './overlay.ts';

const services = ['extractor', 'masker', 'loader', 'dashboard'];

/** By path, as the services are no packages to be imported; asking each by `--help --json` would start it eleven times. */
const settings = new Map(
  await Promise.all(
    services.map(async (name) => {
      const config = (await import(join(repository, 'apps', name, 'src/config.ts'))) as { readonly settings: Settings };
      return [name, describeSettings(config.settings)] as const;
    }),
  ),
);

/** What a service prints for `--help --json`. */
export function settingsOf(name: string): readonly SettingDescription[] {
  const found = settings.get(name);
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
}
