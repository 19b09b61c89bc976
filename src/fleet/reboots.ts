import type { Action } from '../store/state/actions.ts';

/** Two readings of one boot time differ by less, in milliseconds. */
const apart = 5000;

/** What is noted of a machine that is about to be rebooted: when it booted last, as far as it said. */
export function rebootBaseline(uptimeSeconds: number | undefined, now: number) {
  const booted = bootTime(uptimeSeconds, now);
  return booted === undefined ? null : { bootedBefore: new Date(booted).toISOString() };
}

/** Whether what a machine says of its uptime shows that it booted since it was told to. */
export function hasRebooted(
  { result, pickedUpAt }: Pick<Action, 'result' | 'pickedUpAt'>,
  uptimeSeconds: number | undefined,
  now: number,
): boolean {
  const booted = bootTime(uptimeSeconds, now);
  if (booted === undefined) return false;
  const noted = (result as { bootedBefore?: string } | null)?.bootedBefore;
  return booted > Date.parse(noted ?? pickedUpAt!) + apart;
}

/** Milliseconds since 1970, by this server's clock. */
function bootTime(uptimeSeconds: number | undefined, now: number): number | undefined {
  if (uptimeSeconds === undefined || !Number.isFinite(uptimeSeconds)) return undefined;
  return uptimeSeconds < 0 || uptimeSeconds > 1e10 ? undefined : now - uptimeSeconds * 1000;
}
