import type { Arguments } from './arguments.ts';
import type { Ceilings } from './ceilings.ts';
import type { Contest, Standing } from './contest.ts';
import type { Latency } from './latency.ts';
import type { Step } from './scale.ts';

export interface Report {
  readonly arguments: Arguments;
  /** Machine and versions. */
  readonly surroundings: string;
  readonly contest: Contest;
  /** Absent, like the two below, where it was not measured. */
  readonly latency?: readonly Latency[] | undefined;
  readonly ceilings?: Ceilings | undefined;
  readonly scale?: readonly Step[] | undefined;
}

const isPeer = (name: string): boolean => name !== 'floor' && !isMasque(name);
const isMasque = (name: string): boolean => /^masque( |$)/.test(name);

/** One object, medians: microseconds a message, messages a second. What was not measured is not in it. */
export function toJson({ contest: { standings, ratios }, latency, ceilings, scale }: Report): object {
  const { floor, masque } = standings;
  const short = ({ rate, cpuUs }: Standing): object => ({ rate: round(rate.median), cpuUs: round(cpuUs.median, 2) });
  const shares = (of: Standing['shares']): object =>
    Object.fromEntries(
      Object.entries(of).map(([name, { cpuUs, rssMb }]) => [name, { cpuUs: round(cpuUs, 2), rssMb: round(rssMb, 1) }]),
    );
  const variants = Object.entries(standings).filter(([name]) => isMasque(name) && name !== 'masque');
  const peers = Object.entries(standings).filter(([name]) => isPeer(name));
  return {
    ...(floor === undefined ? {} : { floor: short(floor) }),
    ...(masque === undefined
      ? {}
      : {
          masque: {
            ...short(masque),
            stages: shares(masque.shares),
            servers: shares(masque.servers),
            startMs: Object.fromEntries(Object.entries(masque.startMs).map(([name, ms]) => [name, round(ms)])),
          },
        }),
    ...(peers.length === 0
      ? {}
      : { peers: Object.fromEntries(peers.map(([name, standing]) => [name, short(standing)])) }),
    ...(variants.length === 0
      ? {}
      : {
          variants: Object.fromEntries(
            variants.map(([name, standing]) => [name, { ...short(standing), stages: shares(standing.shares) }]),
          ),
        }),
    ...(ratios === undefined ? {} : { ratios: { cpu: round(ratios.cpu, 3), rate: round(ratios.rate, 3) } }),
    ...(latency === undefined
      ? {}
      : {
          latency: latency.map(({ offered, p50, p99, max }) => ({
            offered,
            p50: round(p50, 1),
            p99: round(p99, 1),
            max: round(max, 1),
          })),
        }),
    ...(ceilings === undefined
      ? {}
      : {
          ceilings: Object.fromEntries(
            Object.entries(ceilings).map(([stage, { rate, cpuUs }]) => [
              stage,
              { rate: round(rate.median), cpuUs: round(cpuUs.median, 2) },
            ]),
          ),
        }),
    ...(scale === undefined
      ? {}
      : {
          scale: scale.map(({ replicas, messages, drained }) => ({
            replicas,
            messages,
            rate: round(drained.rate),
            cpuUs: round(drained.cpuUs, 2),
            stages: shares(drained.shares),
          })),
        }),
  };
}

export function round(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}
