import { BlockList, isIP } from 'node:net';
import { TacetError } from '../../errors.ts';
import { hostOf, isThisMachine } from './address.ts';

/** An HTTP proxy that a connection goes through, with CONNECT. */
interface Proxy {
  /** `host:port`. */
  readonly address: string;
  /** `user:password`; empty = none. */
  readonly credentials: string;
  /** For errors: its address, and who named it; no credentials. */
  readonly text: string;
}

/** The variables that name proxies, the first that is set wins: those that gRPC knows. */
const VARIABLES = ['grpc_proxy', 'https_proxy', 'http_proxy'] as const;
const EXCEPTIONS = ['no_grpc_proxy', 'no_proxy'] as const;

/**
 * The proxy to a server, if there is one: the one that is given, or that of the environment, which
 * is never asked for this machine, for a list of addresses, or for what `no_proxy` excludes.
 * Errors: ERR_OPTION if it cannot be used.
 *
 * @param given URL; empty = none, whatever the environment says
 */
export function proxyFor(
  server: string,
  given: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Proxy | undefined {
  if (given === '') return undefined;
  const host = hostOf(server);
  if (given !== undefined) {
    if (host !== undefined) return readProxy(given, 'proxy');
    throw new TacetError('ERR_OPTION', {
      what: 'a proxy leads to one server only, by host and port',
      where: 'proxy',
      got: server,
    });
  }
  const variable = VARIABLES.find((name) => environment[name]);
  if (variable === undefined || host === undefined || isThisMachine(host)) return undefined;
  const exceptions = EXCEPTIONS.map((name) => environment[name]).find(Boolean) ?? '';
  const isExcepted = exceptions.split(',').some((entry) => matches(entry.trim(), host));
  return isExcepted ? undefined : readProxy(environment[variable] ?? '', variable);
}

/** Whether an entry of `no_proxy` means a host: `*`, its name or the end of it, or a subnet. */
function matches(entry: string, host: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  const [, network, bits] = /^([0-9.]+)\/(\d{1,2})$/.exec(entry) ?? [];
  if (network !== undefined && isIP(network) === 4 && Number(bits) <= 32 && isIP(host) === 4) {
    const subnet = new BlockList();
    subnet.addSubnet(network, Number(bits));
    return subnet.check(host);
  }
  const name = entry.replace(/^\*?\./, '').toLowerCase();
  return host.toLowerCase() === name || host.toLowerCase().endsWith(`.${name}`);
}

/** @param source the option or variable that named it */
function readProxy(text: string, source: string): Proxy {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== 'http:' || url.hostname === '') {
    throw new TacetError('ERR_OPTION', {
      what: 'the proxy cannot be used',
      where: source,
      expected: 'http://HOST:PORT, or with USER:PASSWORD@ before the host',
      fix: 'Correct it, unset it, or except the server with no_proxy',
    });
  }
  const address = `${url.hostname}:${url.port || '80'}`;
  const { username, password } = url;
  const credentials = username === '' ? '' : decodeURIComponent(`${username}:${password}`);
  return { address, credentials, text: `the proxy ${address} of ${source}` };
}
