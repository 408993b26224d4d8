/**
 * What a server gets of the owner's environment: enough to run, nothing of credentials, NODE_OPTIONS, PG* or
 * FAUXQS_*. `LC_ALL=C` keeps messages in the language in which they are read, and PostgreSQL on macOS refuses to run
 * without a valid locale. No TMPDIR: what a killed server or apt has there would stay, so apt is given one of ours.
 */
export function inheritedEnv(names: readonly string[] = []): Record<string, string> {
  const env: Record<string, string> = { LC_ALL: 'C' };
  for (const name of ['PATH', 'HOME', ...names]) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}
