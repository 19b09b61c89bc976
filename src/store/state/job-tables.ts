import type { Generated } from 'kysely';

/** The tables of work for many instances, as `schema/010-jobs.sql` says what is in them. */
export interface JobTables {
  job: JobRow;
  webhook: WebhookRow;
  delivery: DeliveryRow;
  told: ToldRow;
}

interface JobRow {
  id: Generated<number>;
  name: string;
  compartment: Generated<string>;
  description: Generated<string>;
  details: Generated<string>;
  schedule: string;
  work: string;
  targets: string;
  rollout: Generated<string>;
  state: 'active' | 'paused' | 'ended';
  next_at: string | null;
  last_at: string | null;
  message: string | null;
  created_at: string;
  created_by: string;
  changed_at: string;
}

interface WebhookRow {
  id: Generated<number>;
  name: string;
  url: string;
  secret: Buffer;
  events: string;
  created_at: string;
  created_by: string;
}

interface DeliveryRow {
  id: Generated<number>;
  webhook: number;
  event_id: string;
  event: string;
  body: string;
  state: 'waiting' | 'delivered' | 'given_up';
  created_at: string;
  tries: Generated<number>;
  next_at: string | null;
  ended_at: string | null;
  problem: string | null;
}

interface ToldRow {
  event: string;
  subject: string;
  state: string;
  at: string;
}
