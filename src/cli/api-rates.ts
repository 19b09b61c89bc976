import { z } from 'zod';

const perSecond = z
  .number()
  .min(0.1, 'requests a second, at least 0.1')
  .max(100_000, 'requests a second, at most 100000');

/** Of `api:`, how many requests a second are answered on the average; ten times that at once. */
export const apiRates = {
  /** Of one caller. */
  rate: perSecond.optional(),
  /** From one address, before anything else is looked at. */
  address_rate: perSecond.optional(),
};

export interface ApiRates {
  rate: number;
  addressRate: number;
}

export const readApiRates = (written: {
  rate?: number | undefined;
  address_rate?: number | undefined;
}): ApiRates => ({ rate: written.rate ?? 100, addressRate: written.address_rate ?? 300 });
