import { AppError } from '../src/base/errors.ts';
import { canonical } from '../src/server/osms/etag.ts';
import { bodyOf, checked, queryOf } from '../src/server/osms/input.ts';
import { readPage, writePage } from '../src/server/osms/page.ts';
import { createMatcher } from '../src/server/osms/routing.ts';
import { operationsOf } from '../src/server/osms/table.ts';
import { nothing } from '../test/server/osms/nothing.ts';
import { mutateBytes } from './mutate-bytes.ts';
import type { Reader } from './readers.ts';

/** Their shapes are all that is asked of them here. */
const operations = operationsOf(nothing);
const match = createMatcher(operations);

const samples = [
  'GET /errata?timeIssueDateStart=2026-03-01T9:05:06Z&limit=10&sortBy=ISSUEDATE\n',
  'GET /scheduledJobs?compartmentId=ocid1.tenancy.oc1..a&displayName=gtk+%C3%BC%zz&page=WyIiLDFd\n',
  'POST /managedInstances/ocid1.instance.oc1..a/actions/packages/install?softwarePackageName=a+\n',
  `POST /scheduledJobs\n${JSON.stringify({
    ...{ compartmentId: 'a', displayName: 'n', operationType: 'INSTALL', osFamily: 'LINUX' },
    ...{ scheduleType: 'RECURRING', intervalType: 'WEEK', intervalValue: '2' },
    ...{ timeNextExecution: '2099-01-01T00:00:00Z', packageNames: [{ name: 'a' }] },
    ...{ managedInstances: [{ id: 'ocid1.instance.oc1..a' }], x: { y: [1.5] } },
  })}`,
  'PUT /managedInstances/a%2Fb/events/1?compartmentId=a\n{"freeformTags":{"a":"\\u00fc"}}',
].map((text) => Buffer.from(text));

/** What a request to the OS Management API says: its line, and its body. */
export const apiReaders: Readonly<Record<string, Reader>> = {
  apiRequest: {
    samples: async () => samples,
    mutate: mutateBytes,
    check(input) {
      let refusal: AppError | undefined;
      function refusable<T>(read: () => T): T | undefined {
        try {
          return read();
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          refusal ??= error;
          return undefined;
        }
      }
      const end = input.indexOf('\n');
      const [line, bytes] =
        end < 0 ? [input, input] : [input.subarray(0, end), input.subarray(end)];
      const [method = '', url = ''] = line.toString('latin1').split(' ');
      const query = queryOf(url);
      for (const [name, value] of Object.entries(query)) {
        // What is well written is read back as it was.
        for (const text of [value].flat()) {
          if (!text.isWellFormed()) continue;
          const again = queryOf(`/?a=${encodeURIComponent(text)}`).a;
          if (again !== text) throw new Error(`${name}: ${text} is read as ${again}`);
        }
      }
      const body = refusable(() => bodyOf(bytes.subarray(1), 'application/json'));
      if (body !== undefined && canonical(JSON.parse(canonical(body))) !== canonical(body)) {
        throw new Error('a value has two canonical forms');
      }
      const page = query.page;
      if (typeof page === 'string') {
        const last = refusable(() => readPage(page));
        if (last) readPage(writePage(last));
      }
      const operation = match(method, url.split('?')[0]!)?.operation;
      if (operation?.query) refusable(() => checked(operation.query!, query));
      if (operation?.body) refusable(() => checked(operation.body!, body));
      if (refusal) throw refusal;
    },
  },
};
