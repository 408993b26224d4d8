import { isPasswordHash } from '@masque/password';
import { integer, redisSettings, type SettingsOf, stageSettings, text, url } from '@masque/stage';

export const settings = {
  ...stageSettings,
  REDIS_URL: redisSettings.REDIS_URL,
  REDIS_PREFIX: redisSettings.REDIS_PREFIX,
  DATABASE_URL: url({
    doc: 'PostgreSQL 14 or newer; a user with the role that `masque migrate --roles` makes for it is enough. TLS by sslmode in the URL.',
    schemes: ['postgres', 'postgresql'],
  }),
  DASHBOARD_HOST: text({
    doc: 'Address that the pages listen on. Any but a loopback address needs DASHBOARD_PASSWORD_HASH.',
    fallback: '127.0.0.1',
  }),
  DASHBOARD_PORT: integer({
    doc: 'Port of the pages; 0 takes any free one and logs it.',
    fallback: 8_090,
    min: 0,
    max: 65_535,
  }),
  DASHBOARD_URL: url({
    doc: 'What browsers call it, where that differs: https:// here makes its cookie travel over TLS only.',
    schemes: ['https', 'http'],
    optional: true,
  }),
  DASHBOARD_PASSWORD_HASH: text({
    doc: 'Made by `masque dashboard password`. Without one nobody is asked, and only this machine is answered.',
    optional: true,
    secret: true,
  }),
};

export type DashboardSettings = SettingsOf<typeof settings>;

export function checkSettings(values: DashboardSettings): string[] {
  const hash = values.DASHBOARD_PASSWORD_HASH;
  if (hash === undefined) {
    return isLoopback(values.DASHBOARD_HOST)
      ? []
      : [
          'DASHBOARD_PASSWORD_HASH is not set, and DASHBOARD_HOST is no loopback address: anybody could look. Run `masque dashboard password`',
        ];
  }
  return isPasswordHash(hash) ? [] : ['DASHBOARD_PASSWORD_HASH is not what `masque dashboard password` makes'];
}

/** As a setting or in a URL: `localhost`, `127.0.0.0/8`, `::1`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host) || /^(\[::1\]|::1)$/.test(host);
}
