/** Messages a second that are sent, by the second: what the rules are played against. */
export interface Load {
  readonly name: 'step' | 'spike' | 'day';
  readonly about: string;
  readonly durationS: number;
  /** After this nothing is sent, and everything has to come to rest. */
  readonly quietFromS: number;
  rate(this: void, second: number): number;
}

const [minute, hour] = [60, 3_600];

export const loads: readonly Load[] = [
  {
    name: 'step',
    about: 'nothing, then 50,000 messages a second for 20 minutes, then nothing',
    durationS: hour,
    quietFromS: 21 * minute,
    rate: (second) => (second >= minute && second < 21 * minute ? 50_000 : 0),
  },
  {
    name: 'spike',
    about: '2,000 messages a second, and for two minutes 100,000',
    durationS: 75 * minute,
    quietFromS: hour,
    rate(second) {
      if (second >= hour) return 0;
      return second >= 10 * minute && second < 12 * minute ? 100_000 : 2_000;
    },
  },
  {
    name: 'day',
    about: 'a day from 2,000 messages a second at night to 100,000 in the evening, then nothing',
    durationS: 25 * hour,
    quietFromS: 24 * hour,
    // The night's low at four, the peak at sixteen hours.
    rate: (second) => (second >= 24 * hour ? 0 : 51_000 - 49_000 * Math.cos(((second / hour - 4) / 12) * Math.PI)),
  },
];
