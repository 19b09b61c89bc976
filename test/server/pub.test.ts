import { spawnSync } from 'node:child_process';
import Koa from 'koa';
import request from 'supertest';
import { expect, it } from 'vitest';
import { pubRoutes } from '../../src/server/pub.ts';
import { startApp } from '../support/app.ts';

const paths = ['/pub/bootstrap.sh', '/pub/osms'];

it.each(paths)('%s is a script that knows this server', async (path) => {
  const { url } = await startApp([], { publicUrl: 'https://headwater.example/at/' });
  const answer = await fetch(url + path);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('text/x-shellscript');
  const text = await answer.text();
  expect(text).toContain("server='https://headwater.example/at'\n");
  expect(text).not.toMatch(/@SERVER@|@CA@/);
  expect(text).toMatch(/\nmain "\$@"\n$/);
  expect(spawnSync('sh', ['-n'], { input: text }).status).toBe(0);
});

it.each(paths)('%s has no room for what would end its quotes', async (path) => {
  for (const url of ["http://h/';id;'", 'http://h/\n', 'http://h/$(id)', 'javascript:1']) {
    const app = new Koa().use(
      pubRoutes({ publicUrl: () => url, trustedCertificate: () => undefined }).routes(),
    );
    app.silent = true;
    expect((await request(app.callback()).get(path)).status).toBe(500);
  }
});

it('the bootstrap script has the certificate of a server that made its own', async () => {
  const pem = '-----BEGIN CERTIFICATE-----\nMII+/w==\n-----END CERTIFICATE-----\n';
  const door = { publicUrl: () => 'https://h', trustedCertificate: () => pem };
  const app = new Koa().use(pubRoutes(door).routes());
  const { text } = await request(app.callback()).get('/pub/bootstrap.sh');
  expect(text).toContain(`\nca='${pem.trim()}'\n`);
  expect(spawnSync('sh', ['-n'], { input: text }).status).toBe(0);
});
