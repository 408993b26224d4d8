/** One point of the charts. What nobody told is null: a gap, not a zero. */
export interface Point {
  /** Epoch seconds. */
  readonly t: number;
  /** Messages a second. */
  readonly received: number | null;
  readonly masked: number | null;
  readonly loaded: number | null;
  /** Seconds from SentTimestamp to commit. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** 0 to 1. */
  readonly memo: number | null;
  /** Messages a minute, by reason. */
  readonly quarantined: Readonly<Record<string, number>>;
}

export const pointEveryS = 5;
export const historyS = 3_600;

/**
 * The last hour, in memory and nowhere else: 720 points of some 200 bytes. It begins empty with each start of the
 * dashboard; who needs more keeps Prometheus.
 */
export interface History {
  add(point: Point): void;
  readonly points: readonly Point[];
}

export function createHistory(): History {
  const points: Point[] = [];
  return {
    points,
    add(point) {
      points.push(point);
      points.splice(0, points.length - historyS / pointEveryS);
    },
  };
}
