/** Short, so that a killed worker's job is taken within a second and a half. */
export const quickStalls = { lockDurationMs: 1_000, stalledIntervalMs: 500 } as const;
