export const pipeline = 'named';
