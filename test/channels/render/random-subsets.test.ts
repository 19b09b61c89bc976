import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCutter } from '../../../src/repodata/cutter.ts';
import { readFilelists } from '../../../src/repodata/filelists.ts';
import { readOther } from '../../../src/repodata/other.ts';
import { readPrimary } from '../../../src/repodata/primary.ts';
import { readRepomd } from '../../../src/repodata/repomd.ts';
import { readAdvisory } from '../../../src/repodata/updateinfo.ts';
import { invented, writeRepository } from '../../mirror/repository.ts';
import { temporaryFolder } from '../../support/app.ts';
import { randomFrom } from '../../support/random.ts';
import { projectRoot } from '../../support/tools.ts';
import { type Rendering, setOf, startRendering } from './rendering.ts';

const roots = {
  primary: 'metadata',
  filelists: 'filelists',
  other: 'otherdata',
  updateinfo: 'updates',
};

function elements(xml: string, type: keyof typeof roots): Buffer[] {
  const found: Buffer[] = [];
  const options = { what: type, root: roots[type], maxElement: 1 << 26 };
  const cutter = createCutter(options, (bytes) => found.push(Buffer.from(bytes)));
  cutter.push(Buffer.from(xml));
  cutter.end();
  return found;
}

/** Renders random subsets and compares what stands in the documents with what was to remain. */
async function compare(rendering: Rendering, label: string, times: number): Promise<void> {
  const random = randomFrom(times);
  const rows = rendering.rows(label);
  const sources = elements(
    await rendering.text(await rendering.render([rendering.origin(label)]), 'primary'),
    'primary',
  );
  for (let i = 0; i < times; i++) {
    const compression = i % 2 ? 'gzip' : 'zstd';
    const share = [0.01, 0.5, 0.9, 0.99][i % 4]!;
    const remaining = rows.filter(() => random() < share);
    const packages = setOf(remaining);
    const rendered = await rendering.render([rendering.origin(label, { packages })], {
      compression,
    });
    expect([...rendered.packages]).toEqual(remaining.map((r) => r.id));
    const repomd = readRepomd((await rendering.bytes(rendered, 'repomd'))!.toString());
    for (const { type, href, checksum, size, openSize } of repomd.data) {
      const bytes = (await rendering.bytes(rendered, type))!;
      expect(createHash('sha256').update(bytes).digest('hex'), href).toBe(checksum!.value);
      expect(bytes.length).toBe(size);
      if (openSize !== undefined) {
        const text = await rendering.text(rendered, type);
        expect(Buffer.byteLength(text)).toBe(openSize);
      }
      if (bytes[0] === 0x3c) continue;
      const tool = bytes[0] === 0x1f ? 'gzip' : 'zstd';
      expect(spawnSync(tool, ['-t'], { input: bytes }).status, `${tool} -t ${href}`).toBe(0);
    }
    const wanted = new Set(remaining.map((r) => r.checksum));
    const primary = await rendering.text(rendered, 'primary');
    expect(primary).toContain(` packages="${remaining.length}"`);
    // Byte for byte as in the whole one, and in its order.
    expect(elements(primary, 'primary').map(String)).toEqual(
      sources.filter((b) => wanted.has(readPrimary(b).checksum.value)).map(String),
    );
    const ids = elements(primary, 'primary').map((b) => readPrimary(b).checksum.value);
    const filelists = elements(await rendering.text(rendered, 'filelists'), 'filelists');
    expect(filelists.map((b) => readFilelists(b).pkgid).sort()).toEqual([...ids].sort());
    const other = elements(await rendering.text(rendered, 'other'), 'other');
    expect(other.map((b) => readOther(b).pkgid).sort()).toEqual([...ids].sort());
    const nevras = new Set(remaining.map((r) => r.nevra));
    const updateinfo = rendered.files.some((f) => f.type === 'updateinfo')
      ? elements(await rendering.text(rendered, 'updateinfo'), 'updateinfo')
      : [];
    if (remaining.length === rows.length) continue;
    for (const { packages } of updateinfo.map(readAdvisory)) {
      for (const p of packages) {
        expect(nevras).toContain(`${p.name}-${p.epoch}:${p.version}-${p.release}.${p.arch}`);
      }
    }
  }
}

describe.each(['ol7', 'ol8', 'ol9'])('%s', (name) => {
  it('Random subsets have exactly the packages that are to remain', async () => {
    const rendering = await startRendering({
      [name]: join(projectRoot, 'fixtures/repodata', name),
    });
    await compare(rendering, name, 8);
  });
});

it('So they have where documents are many pieces', async () => {
  const folder = await temporaryFolder();
  const packages = Array.from({ length: 1500 }, (_, i) => invented(`package-${i}`, '1', 10));
  await writeRepository(folder, { packages });
  await compare(await startRendering({ many: folder }), 'many', 12);
});

it('And where filelists has another order, and lists what primary does not', async () => {
  const folder = await temporaryFolder();
  const packages = Array.from({ length: 200 }, (_, i) => invented(`package-${i}`, '1', 10));
  await writeRepository(folder, {
    packages,
    edit(type, xml) {
      if (type !== 'filelists') return xml;
      const found = xml.match(/<package [\s\S]*?<\/package>/g)!;
      const head = xml.slice(0, xml.indexOf(found[0]!));
      return `${head}${found.toReversed().join('\n')}\n</filelists>`;
    },
  });
  await compare(await startRendering({ turned: folder }), 'turned', 4);
});
