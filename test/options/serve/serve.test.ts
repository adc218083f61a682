import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { printConfig, readServeOptions, SERVED } from '#tacet/options/serve/serve.js';
import { variableName } from '#tacet/options/variables.js';
import { temporaryFolder } from '../../server/fixture.ts';

const CLI = fileURLToPath(import.meta.resolve('#tacet/cli/index.js'));
const run = promisify(execFile);

interface Given {
  readonly flags?: Record<string, string[]>;
  readonly environment?: Record<string, string>;
  readonly config?: unknown;
}

/** A config file of this content, unless it is a text: then that text is the file. */
function configFile(content: unknown): string {
  const path = join(temporaryFolder(), 'config.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const texts = ({ flags = {}, environment = {}, config }: Given) => ({
  flags: { list: ['a.tacet'], ...flags },
  environment,
  config: config === undefined ? undefined : configFile(config),
});
const read = (given: Given) => readServeOptions(texts(given));

function refusal(given: Given): string {
  try {
    read(given);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_OPTION' });
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('an option', () => {
  it('is taken from its flag, else the environment, else the config file, else its default', () => {
    const flags = { region: ['NL'] };
    const environment = { TACET_REGION: 'FR' };
    const config = { region: 'DE' };
    expect(read({ flags, environment, config }).region).toBe('NL');
    expect(read({ environment, config }).region).toBe('FR');
    expect(read({ config }).region).toBe('DE');
    expect(read({}).region).toBe('BE');
  });

  it('has the defaults that the contract names', () => {
    expect(read({})).toMatchObject({
      list: ['a.tacet'],
      listen: { host: '127.0.0.1', port: 50051 },
      http: { host: '127.0.0.1', port: 9464 },
      region: 'BE',
      discloseDates: false,
      verify: 'full',
      kernel: 'auto',
      streamPinMaxMs: 3_600_000,
      numbersPerMessageMax: 131_072,
      messageBytesMax: 2 << 20,
      batchCheckNumbersMax: 10_000,
      streamsPerConnectionMax: 100,
      insecure: false,
    });
  });

  it('names several lists by flag, by ":" in the environment, and as an array of the file', () => {
    const none = { environment: {}, config: undefined };
    const list = ['a.tacet', 'b.tacet'];
    expect(readServeOptions({ ...none, flags: { list } }).list).toEqual(list);
    const environment = { TACET_LIST: 'a.tacet:b.tacet' };
    expect(readServeOptions({ ...none, flags: {}, environment }).list).toEqual(list);
    const config = configFile({ list });
    expect(readServeOptions({ ...none, flags: {}, config }).list).toEqual(list);
  });

  it('may be of the config file named in the environment', () => {
    const environment = { TACET_CONFIG: configFile({ workers: 3 }) };
    expect(read({ environment }).workers).toBe(3);
  });

  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('that is a time takes %s', (text, ms) => {
    expect(read({ flags: { 'drain-timeout': [text] } }).drainTimeoutMs).toBe(ms);
  });

  it.each([
    ['65536', 65_536],
    ['2048B', 2048],
    ['64KiB', 65_536],
    ['3MiB', 3 << 20],
  ])('that is a size takes %s', (text, bytes) => {
    expect(read({ flags: { 'message-bytes-max': [text] } }).messageBytesMax).toBe(bytes);
  });
});

describe('a server is refused', () => {
  const bad: [string, string][] = [
    ['workers', '0'],
    ['workers', '257'],
    ['workers', '2.5'],
    ['region', 'be'],
    ['region', 'XX'],
    ['disclose-dates', 'yes'],
    ['verify', 'none'],
    ['kernel', 'fast'],
    ['listen', '127.0.0.1'],
    ['listen', '127.0.0.1:65536'],
    ['listen', ':1'],
    ['listen', 'a b:1'],
    ['drain-timeout', '10'],
    ['drain-timeout', '-1s'],
    ['drain-timeout', '0s'],
    ['stream-pin-max', '25d'],
    ['message-bytes-max', '1MB'],
    ['message-bytes-max', '1023'],
    ['message-bytes-max', '65MiB'],
  ];

  it.each(bad)('for --%s "%s", which it names', (flag, text) => {
    expect(refusal({ flags: { [flag]: [text] } })).toContain(`--${flag}: `);
    expect(refusal({ environment: { [variableName(flag)]: text } })).toContain(variableName(flag));
    expect(refusal({ config: { [flag]: text } })).toContain(`config.json: ${flag}: `);
  });

  it('for every mistake at once', () => {
    const message = refusal({
      flags: { workers: ['0'], region: ['be'] },
      environment: { TACET_KERNEL: 'fast', TACET_REGOIN: 'BE' },
      config: { verify: 'none', 'stream-pin-mix': '1h' },
    });
    for (const part of ['--workers', '--region', 'TACET_KERNEL', 'TACET_REGOIN', 'verify', 'mix']) {
      expect(message).toContain(part);
    }
  });

  it('for a list that is missing, or named as nothing', () => {
    const none = { flags: {}, environment: {}, config: undefined };
    expect(() => readServeOptions(none)).toThrow(/--list: missing/);
    const environment = { TACET_LIST: ':' };
    expect(() => readServeOptions({ ...none, environment })).toThrow(
      /TACET_LIST: bad value, expected a path/,
    );
    const unset = { TACET_LIST: '' };
    expect(() => readServeOptions({ ...none, environment: unset })).toThrow(/--list: missing/);
    const config = configFile({ list: [] });
    expect(() => readServeOptions({ ...none, config })).toThrow(/list: bad value/);
  });

  it('for an empty value of a flag or of the file', () => {
    expect(refusal({ flags: { workers: [''] } })).toContain('--workers: bad value');
    expect(refusal({ config: { workers: '' } })).toContain('config.json: workers: bad value');
  });

  it('for a flag given twice', () => {
    expect(refusal({ flags: { region: ['BE', 'NL'] } })).toContain('--region: given twice');
  });

  it.each([
    ['not JSON', '{'],
    ['not a JSON object', '[]'],
    ['bad value', { workers: null }],
    ['bad value', { workers: [2] }],
    ['bad value', { region: { code: 'BE' } }],
    ['unknown key', { workrs: 2 }],
    ['unknown key', '{"__proto__": {"region": "NL"}}'],
  ])('for a config file that is %s', (what, config) => {
    expect(refusal({ config })).toContain(what);
  });

  it.each(['0.0.0.0:1', '[::]:1', '192.168.1.1:1', 'example.org:1', '127.0.0.1.example.org:1'])(
    'for listening on %s, unless --insecure',
    (address) => {
      for (const flag of ['listen', 'http']) {
        const flags = { [flag]: [address] };
        expect(refusal({ flags })).toContain(`--${flag} `);
        expect(read({ flags: { ...flags, insecure: ['true'] } }).insecure).toBe(true);
      }
    },
  );

  it.each(['127.0.0.1:1', '127.1.2.3:1', '[::1]:1', 'localhost:1'])(
    'not for listening on %s',
    (address) => {
      expect(read({ flags: { listen: [address], http: [address] } }).insecure).toBe(false);
    },
  );

  it('for limits that contradict each other', () => {
    const flags = { 'numbers-per-message-max': ['100'], 'batch-check-numbers-max': ['101'] };
    expect(refusal({ flags })).toContain('--batch-check-numbers-max');
  });

  it.each([
    [{ 'tls-cert': 'a' }, '--tls-cert without --tls-key'],
    [{ 'tls-key': 'a' }, '--tls-key without --tls-cert'],
    [{ 'tls-client-ca': 'a' }, '--tls-client-ca without --tls-cert'],
    [{ 'http-tls': 'true' }, '--http-tls without --tls-cert'],
    [{ 'tls-cert': 'a', 'tls-key': 'b', listen: 'unix:/s' }, '--listen is a socket'],
    [{ 'tls-cert': 'a', 'tls-key': 'b', listen: '0.0.0.0:1' }, 'reachable from other machines'],
  ])('for %j, of which nothing good would come', (given, text) => {
    const flags = Object.fromEntries(Object.entries(given).map(([flag, value]) => [flag, [value]]));
    expect(refusal({ flags })).toContain(text);
  });
});

describe('the environment', () => {
  it('may hold what Kubernetes puts there for Services named tacet and tacet-...', () => {
    const environment: Record<string, string> = {};
    for (const name of ['TACET', 'TACET_METRICS', 'TACET_LIST_FETCHER']) {
      Object.assign(environment, {
        [`${name}_SERVICE_HOST`]: '10.0.0.1',
        [`${name}_SERVICE_PORT`]: '50051',
        [`${name}_SERVICE_PORT_GRPC`]: '50051',
        [`${name}_PORT`]: 'tcp://10.0.0.1:50051',
        [`${name}_PORT_50051_TCP`]: 'tcp://10.0.0.1:50051',
        [`${name}_PORT_50051_TCP_PROTO`]: 'tcp',
        [`${name}_PORT_50051_TCP_PORT`]: '50051',
        [`${name}_PORT_50051_TCP_ADDR`]: '10.0.0.1',
      });
    }
    expect(read({ environment })).toEqual(read({}));
  });

  it('may hold what is for `tacet sync` alone, but nothing that only looks like it', () => {
    const environment = { TACET_SYNC_STORE: '/s', TACET_SYNC_STABLE_FOR: '5s' };
    expect(read({ environment })).toEqual(read({}));
    expect(refusal({ environment: { TACET_SYNC_STOER: '/s' } })).toContain('TACET_SYNC_STOER');
  });

  it('says nothing with an empty variable, as for commands', () => {
    const environment = { TACET_WORKERS: '', TACET_CONFIG: '', TACET_LISTEN: '' };
    expect(read({ environment })).toEqual(read({}));
    const config = { workers: 3 };
    expect(read({ environment, config }).workers).toBe(3);
  });

  it('may not hold a port that looks like an option of Tacet', () => {
    expect(refusal({ environment: { TACET_HTTP_PORT: '9464' } })).toContain('TACET_HTTP_PORT');
  });
});

describe('--print-config', () => {
  it('prints a config file that gives the same server, however its paths are named', () => {
    const given = {
      flags: {
        list: ['/a:b/one.tacet', 'two.tacet'],
        'stream-pin-max': ['90s'],
        insecure: ['true'],
      },
      environment: { TACET_MESSAGE_BYTES_MAX: '4MiB', TACET_LISTEN: '[::]:1' },
      config: configFile({ workers: 3, 'batches-max': '16', 'disclose-dates': true }),
    };
    const printed = printConfig(given);
    const again = { flags: {}, environment: {}, config: configFile(printed) };
    expect(readServeOptions(again)).toEqual(readServeOptions(given));
    expect(printConfig(again)).toBe(printed);
    expect(Object.keys(JSON.parse(printed))).toEqual(SERVED.map(({ flag }) => flag));
  });

  it('is a flag of tacet serve, which refuses what it does not know', async () => {
    const env = { PATH: process.env['PATH'] ?? '' };
    const args = [CLI, 'serve', '--list', 'a.tacet', '--print-config'];
    const { stdout } = await run(process.execPath, args, { env });
    expect(JSON.parse(stdout)).toMatchObject({ list: ['a.tacet'], region: 'BE' });
    for (const [more, environment] of [
      [['--regoin', 'BE'], {}],
      [[], { TACET_REGOIN: 'BE' }],
    ] as const) {
      const failed = run(process.execPath, [...args, ...more], { env: { ...env, ...environment } });
      await expect(failed).rejects.toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/regoin/i),
      });
    }
  });
});
