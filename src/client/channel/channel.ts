import { X509Certificate } from 'node:crypto';
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  credentials,
  InterceptingCall,
  type Interceptor,
} from '@grpc/grpc-js';
import { TacetError } from '../../errors.ts';
import { describe } from '../arguments.ts';
import { OpenCalls } from '../open-calls.ts';
import { hostOf, isThisMachine } from './address.ts';
import { proxyFor } from './proxy.ts';

/** How a client reaches its servers; every option has a default. */
export interface ConnectionOptions {
  /** Encrypts; `true` trusts the authorities that Node knows. Default: no TLS. */
  readonly tls?: TlsOptions | boolean | undefined;
  /** Who asks: sent with every call, and never without TLS beyond this machine. Default none. */
  readonly token?: string | undefined;
  /**
   * `http://HOST:PORT` of an HTTP proxy to go through. Default: that of `grpc_proxy`, `https_proxy`
   * or `http_proxy` in the environment, except for this machine and what `no_grpc_proxy` or
   * `no_proxy` excludes; empty = none.
   */
  readonly proxy?: string | undefined;
}

/** The content of PEM files, as text or bytes. */
export interface TlsOptions {
  /** Authorities to trust instead of those that Node knows. */
  readonly ca?: string | Uint8Array | undefined;
  /** The client's certificate, with those in between, and its key: both or none. */
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
  /** The name in the server's certificate. Default: the host of the address. */
  readonly serverName?: string | undefined;
}

/** Connects when the first call is made. Errors: ERR_REQUEST for what cannot be used. */
export function openChannel(
  address: string,
  { tls, token, proxy: wanted }: ConnectionOptions,
  options: ChannelOptions = {},
): { readonly client: Client; readonly calls: OpenCalls } {
  if (typeof address !== 'string' || address.trim() === '') throw unusable(address);
  const proxy = proxyFor(address, wanted, process.env);
  // What dns: says of how to look a name up is of no use to a proxy, which looks it up itself.
  const target = proxy === undefined ? address : address.replace(/^dns:(\/\/[^/]*\/)?/, '');
  const serverName = typeof tls === 'object' ? tls.serverName : undefined;
  const channelOptions = {
    ...options,
    // grpc-js would ask the proxy of the environment for this machine, too.
    'grpc.enable_http_proxy': 0,
    ...(proxy !== undefined && {
      'grpc.default_authority': target,
      'grpc.http_connect_target': `dns:${target}`,
      ...(proxy.credentials !== '' && { 'grpc.http_connect_creds': proxy.credentials }),
    }),
    ...(serverName !== undefined && { 'grpc.ssl_target_name_override': serverName }),
    ...(token !== undefined && { interceptors: [tokenSender(address, token, tls)] }),
  };
  const dialled = proxy === undefined ? address : `dns:${proxy.address}`;
  return { client: connect(dialled, tls, channelOptions), calls: new OpenCalls(proxy?.text) };
}

function connect(
  address: string,
  tls: ConnectionOptions['tls'],
  options: ChannelOptions & { interceptors?: Interceptor[] },
): Client {
  try {
    return new Client(address, credentialsOf(tls), options);
  } catch (cause) {
    throw unusable(address, cause);
  }
}

function unusable(address: unknown, cause?: unknown): TacetError {
  return new TacetError('ERR_REQUEST', {
    what: 'no connection can be made',
    where: typeof address === 'string' ? `address "${address}"` : 'address',
    got: cause === undefined ? describe(address) : String(cause),
    fix: 'Give host:port such as 127.0.0.1:50051, and whole PEM texts as tls',
    cause,
  });
}

function credentialsOf(tls: ConnectionOptions['tls']): ChannelCredentials {
  if (tls === undefined || tls === false) return credentials.createInsecure();
  const { ca, cert, key }: TlsOptions = tls === true ? {} : tls;
  // Node would ignore what is no certificate, and trust nobody.
  if (ca !== undefined) new X509Certificate(ca);
  return credentials.createSsl(pem(ca), pem(key), pem(cert));
}

function pem(text: string | Uint8Array | undefined): Buffer | null {
  return text === undefined ? null : Buffer.from(text);
}

function tokenSender(address: string, token: string, tls: ConnectionOptions['tls']): Interceptor {
  const host = hostOf(address);
  const isLocal = address.startsWith('unix:') || (host !== undefined && isThisMachine(host));
  if (!isLocal && (tls === undefined || tls === false)) {
    throw new TacetError('ERR_REQUEST', {
      what: 'a token would be sent in clear to another machine',
      where: 'token',
      fix: 'Connect with tls: --tls-ca of the commands',
    });
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new TacetError('ERR_REQUEST', {
      what: 'the token cannot be sent',
      where: 'token',
      expected: 'printable ASCII without blanks',
      fix: 'Leave out the line end of the file that holds it',
    });
  }
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start(metadata, listener, next) {
        metadata.set('authorization', `Bearer ${token}`);
        next(metadata, listener);
      },
    });
}
