import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;

/** A JSON log, one line an event. Goes to standard error, so that a command's output stays clean. */
export function createLog(
  level: string,
  {
    destination,
    mixin,
  }: {
    destination?: DestinationStream;
    /** What every line says besides. */
    mixin?: () => object;
  } = {},
): Log {
  const options = {
    ...{ level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    ...(mixin && { mixin }),
  };
  return pino(options, destination ?? pino.destination({ fd: 2, sync: true }));
}
