import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Authority } from '../../../bench/tls/certificates.ts';
import { ROOT } from '../../deploy/dashboards.ts';
import {
  COMMAND,
  Folder,
  packSource,
  type Serving,
  serve,
  startProcess,
  stop,
  tacet,
} from '../commands.ts';

/** Commands that ask a server over TLS. */
const folder = new Folder();
const authority = new Authority(folder.path);
const others = new Authority(folder.path, 'others');
const own = authority.sign('dialler', { names: ['DNS:dialler.example'] });
let list = '';
let server: Serving;

beforeAll(async () => {
  list = await packSource(folder);
  const { cert, key } = authority.sign('server', { names: ['DNS:tacet.example'] });
  const flags = ['--tls-cert', cert, '--tls-key', key, '--tls-client-ca', authority.cert];
  server = await serve(list, flags);
  folder.write('contacts.csv', 'phone\n0475123456\n0475999999\n');
  folder.write('token', 'abc.def\n');
  chmodSync(folder.file('token'), 0o600);
  folder.write('open-token', 'abc.def\n');
  chmodSync(folder.file('open-token'), 0o644);
});
afterAll(async () => {
  await stop(server);
  folder.remove();
});

const named = ['--tls-server-name', 'tacet.example'];
const trusted = ['--tls-ca', authority.cert, ...named];
const ask = (args: readonly string[], env: Record<string, string> = {}) =>
  tacet([...args, '--server', server.address], { env });

describe('over TLS', () => {
  it('health, check and dedupe are answered, with a certificate or a token too', async () => {
    const callable = folder.file('callable.csv');
    const mutual = [...trusted, '--tls-cert', own.cert, '--tls-key', own.key];
    const dedupe = ['dedupe', folder.file('contacts.csv'), '--callable', callable];
    const health = await ask(['health', ...trusted]);
    expect(health).toMatchObject({ code: 0, stdout: 'serving\n', stderr: '' });
    const check = await ask(['check', '0475123456', ...mutual]);
    expect(check).toMatchObject({ code: 0, stdout: expect.stringContaining('\tblocked\t') });
    expect(await ask([...dedupe, ...mutual])).toMatchObject({ code: 0 });
    expect(folder.text('callable.csv')).toBe('phone\n0475999999\n');
    const token = ['--token-file', folder.file('token')];
    expect(await ask(['health', ...trusted, ...token])).toMatchObject({ code: 0, stderr: '' });
  });

  it('deprecations of Node are silent for them alone', async () => {
    const atExit = 'process.on("exit",()=>process._rawDebug(process.noDeprecation===true))';
    const env = { NODE_OPTIONS: `--import "data:text/javascript,${atExit.replaceAll('"', "'")}"` };
    expect((await ask(['health', ...trusted], env)).stderr).toBe('true\n');
    expect((await tacet(['--version'], { env })).stderr).toBe('false\n');
  });

  it('variables say the same, and those of a server alone say nothing', async () => {
    const env = { TACET_TLS_CA: authority.cert, TACET_TLS_SERVER_NAME: 'tacet.example' };
    expect(await ask(['health'], env)).toMatchObject({ code: 0, stderr: '' });
    const ofServer = { TACET_TLS_CERT: own.cert, TACET_TLS_KEY: own.key };
    const { code, stderr } = await ask(['health'], ofServer);
    expect([code, stderr]).toEqual([1, expect.stringContaining('whether it wants TLS')]);
  });

  it.each<[string, string[], number, string]>([
    ['no TLS', [], 1, 'whether it wants TLS'],
    ['another authority', ['--tls-ca', others.cert, ...named], 1, 'self-signed certificate'],
    ['another name', ['--tls-ca', authority.cert], 1, "does not match certificate's altnames"],
    ['a key as --tls-ca', ['--tls-ca', own.key], 1, 'there is no certificate in it'],
    ['no such file', ['--tls-ca', '/none.crt'], 1, '/none.crt: cannot read: no such file'],
    [
      'a certificate without its key',
      [...trusted, '--tls-cert', own.cert],
      2,
      '--tls-cert without --tls-key',
    ],
    [
      'a certificate and nothing that asks for TLS',
      ['--tls-cert', own.cert, '--tls-key', own.key],
      2,
      '--tls-cert without --tls-ca or --tls-server-name',
    ],
    [
      'a key and nothing that asks for TLS',
      ['--tls-key', own.key],
      2,
      '--tls-key without --tls-ca or --tls-server-name',
    ],
    [
      'a token of two lines',
      [...trusted, '--token-file', own.cert],
      2,
      'there is no token in it, expected one line',
    ],
  ])('with %s a command fails, and says why', async (_, flags, code, text) => {
    const ended = await ask(['check', '0475123456', ...flags]);
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(text)]);
  });

  it('a token that everybody can read is told, and none is printed or sent in clear', async () => {
    const open = ['--token-file', folder.file('open-token')];
    const { code, stderr } = await ask(['health', ...trusted, ...open]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('warning: everybody')]);
    const far = await tacet(['check', '1', '--server', '192.0.2.1:1', ...open]);
    expect([far.code, far.stderr]).toEqual([1, expect.stringContaining('sent in clear')]);
    expect(stderr + far.stderr).not.toContain('abc.def');
  });
});

describe('a server', () => {
  it.each<[string, string[], number, string]>([
    [
      'an expired certificate',
      Object.entries(authority.sign('late', { untilMs: -1000 })).flatMap(([kind, path]) => [
        `--tls-${kind}`,
        path,
      ]),
      1,
      'the certificate expired at ',
    ],
    [
      'the key of another',
      ['--tls-cert', own.cert, '--tls-key', authority.sign('another').key],
      1,
      'the key is not that of ',
    ],
  ])('with %s refuses to start', async (_, flags, code, text) => {
    const ports = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
    const ended = await tacet(['serve', '--list', list, ...ports, ...flags]);
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(text)]);
  });
});

/** What the image and the manifests run beside a server, and how they name it and its authority. */
function probes(): { of: string; command: string[] }[] {
  const page = (path: string): string =>
    readFileSync(join(ROOT, path), 'utf8').replace(/\\?\n *#? */g, ' ');
  const image = /HEALTHCHECK .*? CMD (\[.*?\])/.exec(page('Dockerfile'))?.[1];
  const manifest = 'deploy/kubernetes/deployment.yaml';
  const exec = /exec: \{ command: (\[.*?\]) \}/.exec(page(manifest))?.[1];
  return [
    { of: 'Dockerfile', command: parse(image ?? '') },
    { of: manifest, command: parse(exec ?? '') },
  ];
}

describe('a probe in the environment of its server', () => {
  const pair = others.sign('served', { names: ['DNS:localhost', 'IP:127.0.0.1'] });
  const env = { TACET_TLS_CERT: pair.cert, TACET_TLS_KEY: pair.key, TACET_TLS_CA: others.cert };
  let guarded: Serving;
  beforeAll(async () => {
    const flags = ['--tls-cert', pair.cert, '--tls-key', pair.key];
    guarded = await serve(list, [...flags, '--tls-client-ca', authority.cert]);
  });
  afterAll(() => stop(guarded));

  it('would be refused with the certificate of the server', async () => {
    const { code } = await tacet(['health', '--server', guarded.address], { env });
    expect(code).toBe(1);
  });

  it.each(probes())('leaves that out, as $of has it', async ({ command }) => {
    const named: Record<string, string[]> = {
      tacet: [process.execPath, COMMAND],
      'localhost:50051': [guarded.address],
      '/tls/ca.crt': [others.cert],
    };
    const [file = '', ...args] = command.flatMap((word) => named[word] ?? [word]);
    const probe = startProcess(file, args, { env: { ...env, TACET_SERVER: guarded.address } });
    expect(await probe.ended).toMatchObject({ code: 0, stdout: 'serving\n' });
  });
});
