/**
 * Preloaded (`node --import`) into a command that is to be killed at a named point, KILL_AT `<point>` for the KILL_NTH
 * time: points are published on `diagnostics_channel`, and a subscriber runs before the command's next instruction.
 */
import { subscribe } from 'node:diagnostics_channel';

let left = Number(process.env['KILL_NTH'] ?? 1);
subscribe(process.env['KILL_AT'] ?? '', () => {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
});
