import { z } from 'zod';
import { notAuthorizedOrNotFound } from './errors.ts';
import { type Operation, operation } from './operation.ts';
import { pageQuery, pageQueryBy } from './page.ts';
import { timeSchema } from './times.ts';

const compartmentId = z.string();
const time = timeSchema.optional();
const times = { latestTimestampLessThan: time, latestTimestampGreaterThanOrEqualTo: time };
const events = '/managedInstances/{managedInstanceId}/events';
const one = `${events}/{eventId}`;

const reading = { verb: 'read', type: 'osms-events', of: 'instance' } as const;
const using = { verb: 'use', type: 'osms-events', of: 'instance' } as const;
const managing = { verb: 'manage', type: 'osms-events', of: 'instance' } as const;

const listAnswer = {
  status: 200,
  body: z.object({ items: z.array(z.unknown()).max(0) }),
} as const;

/** Events: crashes and the like, which Oracle's agents reported. The clients that this server has report none. */
export function eventOperations(): Operation[] {
  return [
    operation({
      id: 'listEvents',
      method: 'GET',
      path: events,
      summary: 'Lists the events of an instance: there are none',
      permission: reading,
      query: z.object({
        ...{ compartmentId, ...pageQuery, ...times },
        eventId: z.string().optional(),
        eventType: z.string().optional(),
      }),
      answer: listAnswer,
      handle: async () => ({ body: { items: [] } }),
    }),
    operation({
      id: 'getEventReport',
      method: 'GET',
      path: `${events}/report`,
      summary: 'Says how many events an instance has: none',
      permission: reading,
      query: z.object({ compartmentId, ...times }),
      answer: { status: 200, body: z.object({ count: z.literal(0) }) },
      handle: async () => ({ body: { count: 0 } }),
    }),
    operation({
      id: 'listRelatedEvents',
      method: 'GET',
      path: '/relatedEvents',
      summary: 'Lists the events that are like one: there are none',
      permission: { verb: 'inspect', type: 'osms-events', of: 'compartmentOfQuery' },
      query: z.object({
        ...{ compartmentId, ...pageQueryBy('instanceId', 'id', 'eventFingerprint'), ...times },
        eventFingerprint: z.string(),
      }),
      answer: listAnswer,
      handle: async () => ({ body: { items: [] } }),
    }),
    ...lines.map(([id, method, path, summary, permission]) =>
      operation({
        ...{ id, method, path, summary, permission },
        query: z.object({ compartmentId }),
        ...(method === 'PUT' && { body: z.looseObject({}) }),
        answer: { status: method === 'GET' || method === 'PUT' ? 200 : 204 },
        async handle() {
          throw notAuthorizedOrNotFound('there are no events');
        },
      }),
    ),
  ];
}

type Line = [string, Operation['method'], string, string, Operation['permission']];

/** Those about one event, which there is not. */
const lines: Line[] = [
  ['getEvent', 'GET', one, 'Says what an event is', reading],
  ['updateEvent', 'PUT', one, 'Changes the tags of an event', using],
  ['getEventContent', 'GET', `${one}/content`, 'Gets what came with an event', reading],
  ['deleteEventContent', 'DELETE', `${one}/content`, 'Removes what came with an event', managing],
  [
    'uploadEventContent',
    'POST',
    `${one}/content/actions/upload`,
    'Has what came with an event uploaded',
    using,
  ],
];
