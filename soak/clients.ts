import { createHash } from 'node:crypto';
import { readRepomd } from '../src/repodata/repomd.ts';

/** What clients of a soak saw. A finding is a sentence on what must not be. */
export interface Seen {
  requests: number;
  notModified: number;
  ranges: number;
  /** Requests that the server could not answer because it was just killed. */
  brokenOff: number;
  findings: string[];
}

/**
 * One client: asks for repomd.xml again and again, with a conditional request; for the documents of what it was given, whole
 * and in parts, which must have their checksums; and now and then for a package. Ends when `signal` says so.
 */
export async function runClient(
  urlNow: () => string | undefined,
  random: () => number,
  { seen, signal }: { seen: Seen; signal: AbortSignal },
): Promise<void> {
  let etag: string | undefined;
  let repomd: string | undefined;
  while (!signal.aborted) {
    const url = urlNow();
    try {
      if (url) await visit(`${url}/channels/soak/`);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      // A connection that the kill of the server broke, or one that nobody took.
      seen.brokenOff++;
    }
    await new Promise((resolve) => setTimeout(resolve, 20 + random() * 200));
  }

  async function visit(channel: string): Promise<void> {
    const first = await get(`${channel}repodata/repomd.xml`, etag ? { 'if-none-match': etag } : {});
    if (first.status === 304) seen.notModified++;
    else if (first.status === 200) {
      repomd = await first.text();
      etag = first.headers.get('etag') ?? undefined;
    } else if (first.status !== 404 || repomd) return find(`repomd.xml answered ${first.status}`);
    if (!repomd) return;
    const { data } = readRepomd(repomd);
    const document = data[Math.floor(random() * data.length)]!;
    await readDocument(channel + document.href, document.checksum!.value);
    const pkg = `Packages/soak${Math.floor(random() * 20)}-1-1.noarch.rpm`;
    const answer = await get(channel + pkg, { range: 'bytes=0-99' });
    const bytes = await answer.bytes();
    // Those that upstream rebuilt are gone by now.
    if (answer.status !== 404 && (answer.status !== 206 || bytes.length !== 100))
      find(`${pkg} answered ${answer.status} with ${bytes.length} bytes`);
  }

  /** In two parts, the second only of what the first was of, or whole. */
  async function readDocument(url: string, checksum: string): Promise<void> {
    const hash = createHash('sha256');
    if (random() < 0.5) {
      const half = await get(url, { range: 'bytes=0-499' });
      if (half.status !== 206) return find(`a range of ${url} answered ${half.status}`);
      hash.update(await half.bytes());
      const rest = await get(url, {
        range: 'bytes=500-',
        'if-range': half.headers.get('etag') ?? '',
      });
      if (rest.status !== 206) return find(`the rest of ${url} answered ${rest.status}`);
      hash.update(await rest.bytes());
      seen.ranges++;
    } else {
      const whole = await get(url, {});
      if (whole.status !== 200) return find(`${url} answered ${whole.status}`);
      hash.update(await whole.bytes());
    }
    if (hash.digest('hex') !== checksum) find(`${url} has another checksum than repomd.xml gives`);
  }

  async function get(url: string, headers: Record<string, string>): Promise<Response> {
    seen.requests++;
    return fetch(url, { headers, signal: AbortSignal.timeout(30_000) });
  }

  function find(sentence: string): void {
    seen.findings.push(`a client: ${sentence}`);
  }
}
