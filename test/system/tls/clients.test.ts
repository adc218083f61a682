import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority } from '../../../bench/tls/certificates.ts';
import { Folder, packSource, type Serving, serve, stop } from '../../cli/commands.ts';
import { buildStubs, python } from '../python/python.ts';

/** Clients that share no code with Tacet, over mutual TLS: grpcio, and gRPC for C++. */
const run = promisify(execFile);
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const PROTO = fileURLToPath(new URL('../../../proto', import.meta.url));
const folder = new Folder();
const authority = new Authority(folder.path);
const clients = new Authority(folder.path, 'clients');
/** The stubs alone are 20,000 lines. */
const COMPILE_TIMEOUT_MS = 600_000;
let server: Serving;
let address = '';

beforeAll(async () => {
  const { cert, key } = authority.sign('server');
  const flags = ['--tls-cert', cert, '--tls-key', key, '--tls-client-ca', clients.cert];
  server = await serve(await packSource(folder), flags);
  address = server.address.replace('127.0.0.1', 'localhost');
  await buildStubs(folder.path);
  await buildCpp();
}, COMPILE_TIMEOUT_MS);
afterAll(async () => {
  await stop(server);
  folder.remove();
});

async function buildCpp(): Promise<void> {
  const plugin = (await run('which', ['grpc_cpp_plugin'])).stdout.trim();
  const out = [`--cpp_out=${folder.path}`, `--grpc_out=${folder.path}`];
  const made = ['tacet/v1/dedupe.proto', `--plugin=protoc-gen-grpc=${plugin}`];
  await run('protoc', [`-I${PROTO}`, ...out, ...made]);
  const { stdout } = await run('pkg-config', ['--cflags', '--libs', 'grpc++', 'protobuf']);
  const sources = [here('mutual_client.cc')];
  for (const kind of ['pb', 'grpc.pb']) sources.push(folder.file(`tacet/v1/dedupe.${kind}.cc`));
  const flags = ['-std=c++17', `-I${folder.path}`, '-o', folder.file('mutual_client')];
  await run('g++', [...flags, ...sources, ...stdout.trim().split(/\s+/), '-lpthread']);
}

const LANGUAGES: [string, (args: readonly string[]) => Promise<{ stdout: string }>][] = [
  ['Python', (args) => python(folder.path, [here('mutual_client.py'), ...args])],
  ['C++', (args) => run(folder.file('mutual_client'), [...args])],
];

describe.each(LANGUAGES)('a client in %s', (_, ask) => {
  const shown = ({ cert, key }: { cert: string; key: string }): string[] => [cert, key];

  it('is answered over mutual TLS', async () => {
    const own = shown(clients.sign('dialler', { names: ['DNS:dialler.example'] }));
    const { stdout } = await ask([address, authority.cert, ...own]);
    expect(stdout).toBe('VERDICT_BLOCKED\n100000\n');
  });

  it('is answered without a certificate of its own', async () => {
    const { stdout } = await ask([address, authority.cert]);
    expect(stdout).toBe('VERDICT_BLOCKED\n100000\n');
  });

  it('does not ask a server whose authority it does not know', async () => {
    await expect(ask([address, clients.cert])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^(UNAVAILABLE|14): /m),
    });
  });

  it('is cut off with a certificate that does not verify', async () => {
    const stranger = shown(new Authority(folder.path, 'others').sign('stranger'));
    await expect(ask([address, authority.cert, ...stranger])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^(UNAVAILABLE|14): /m),
    });
    expect(server.stderr()).toContain('"code":"UNABLE_TO_VERIFY_LEAF_SIGNATURE"');
  });
});
