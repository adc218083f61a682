import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials, loadPackageDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { service as healthService } from 'grpc-health-check';
import protobuf from 'protobufjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { validUntilMs } from '#tacet/calendar/brussels.js';
import {
  afterTest,
  rawClient,
  SNAPSHOT,
  smallList,
  startServer,
  status,
  unary,
  until,
} from './fixture.ts';

afterEach(() => {
  vi.useRealTimers();
});

const SERVICE = 'tacet.v1.DedupeService';

describe('grpc.health.v1', () => {
  const healthOf = async (address: string, service: string) => {
    const check = healthService['Check'];
    if (check === undefined) throw new Error('the health service has no Check');
    const { response, error } = await unary(rawClient(address), check, { service });
    return error === undefined ? (response as { status: string }).status : error.code;
  };

  it('serves the process, and the service while its list is fresh', async () => {
    const { address } = await startServer(await smallList());
    expect(await healthOf(address, '')).toBe('SERVING');
    expect(await healthOf(address, SERVICE)).toBe('SERVING');
    expect(await healthOf(address, 'tacet.v1.Nope')).toBe(status.NOT_FOUND);
    vi.useFakeTimers({ toFake: ['Date'], now: validUntilMs(SNAPSHOT) });
    await until('it follows', async () => (await healthOf(address, SERVICE)) === 'NOT_SERVING');
    expect(await healthOf(address, '')).toBe('SERVING');
  });
});

describe('server reflection', () => {
  const PROTO = join(
    import.meta.dirname,
    '../../node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
  );

  interface Answer {
    readonly list_services_response?: { service: { name: string }[] };
    readonly file_descriptor_response?: { file_descriptor_proto: Buffer[] };
  }

  async function ask(address: string, question: object): Promise<Answer> {
    const loaded = loadPackageDefinition(loadSync(PROTO, { keepCase: true, oneofs: true }));
    // The shape that the proto gives, as grpc-js' own types say of any loaded package.
    const { ServerReflection } = (
      loaded as unknown as {
        grpc: { reflection: { v1: { ServerReflection: new (...args: unknown[]) => Asker } } };
      }
    ).grpc.reflection.v1;
    const client = new ServerReflection(address, credentials.createInsecure());
    afterTest(() => client.close());
    const call = client.ServerReflectionInfo();
    return new Promise((resolve, reject) => {
      call.on('data', (answer: Answer) => {
        resolve(answer);
        call.end();
      });
      call.on('error', (error: ServiceError) => reject(error));
      call.write(question);
    });
  }

  interface Asker {
    ServerReflectionInfo(): {
      on(event: string, listener: (value: never) => void): void;
      write(question: object): void;
      end(): void;
    };
    close(): void;
  }

  it('lists the services', async () => {
    const { address } = await startServer(await smallList());
    const { list_services_response } = await ask(address, { list_services: '' });
    expect(list_services_response?.service.map(({ name }) => name).sort()).toEqual([
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
      SERVICE,
      'tacet.v1.RegisterService',
    ]);
  });

  it.each([
    ['tacet/v1/dedupe.proto', SERVICE],
    ['grpc/health/v1/health.proto', 'grpc.health.v1.Health'],
    ['grpc/reflection/v1/reflection.proto', 'grpc.reflection.v1.ServerReflection'],
    ['grpc/reflection/v1alpha/reflection.proto', 'grpc.reflection.v1alpha.ServerReflection'],
  ])('finds %s by its path, the same that has %s', async (path, service) => {
    const { address } = await startServer(await smallList());
    const asked = [{ file_by_filename: path }, { file_containing_symbol: service }];
    const answers = await Promise.all(asked.map((question) => ask(address, question)));
    const [byPath, bySymbol] = answers.map(
      ({ file_descriptor_response }) => file_descriptor_response?.file_descriptor_proto,
    );
    expect(byPath).toHaveLength(1);
    expect(byPath).toEqual(bySymbol);
    expect(byPath?.[0]?.includes(path)).toBe(true);
  });

  it('gives the proto whole: every message and field that the file declares', async () => {
    const { address } = await startServer(await smallList());
    const answer = await ask(address, { file_containing_symbol: SERVICE });
    const files = answer.file_descriptor_response?.file_descriptor_proto ?? [];
    expect(files).toHaveLength(1);
    const path = join(import.meta.dirname, '../../proto/tacet/v1/dedupe.proto');
    const { root } = protobuf.parse(readFileSync(path, 'utf8'), { keepCase: true });
    const names: string[] = [];
    const collect = (space: protobuf.NamespaceBase): void => {
      for (const nested of space.nestedArray) {
        names.push(nested.name);
        if (nested instanceof protobuf.Type) names.push(...Object.keys(nested.fields));
        if (nested instanceof protobuf.Enum) names.push(...Object.keys(nested.values));
        if (nested instanceof protobuf.Service) names.push(...Object.keys(nested.methods));
        if (nested instanceof protobuf.Namespace) collect(nested);
      }
    };
    collect(root);
    // A descriptor holds its names as plain bytes.
    const text = Buffer.from(files[0] ?? []).toString('latin1');
    expect(names.length).toBeGreaterThan(60);
    expect(names.filter((name) => !text.includes(name))).toEqual([]);
    expect(text).not.toContain('google/protobuf');
  });
});
