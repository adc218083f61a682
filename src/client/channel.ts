import { type ChannelCredentials, type ChannelOptions, Client, credentials } from '@grpc/grpc-js';
import { OpenCalls } from './open-calls.ts';
import { proxyFor } from './proxy.ts';

/** How a client reaches its servers; every option has a default. */
export interface ConnectionOptions {
  /** Default: without TLS, for a server on this machine or behind a proxy. */
  readonly credentials?: ChannelCredentials;
  /**
   * `http://HOST:PORT` of an HTTP proxy to go through. Default: that of `grpc_proxy`, `https_proxy`
   * or `http_proxy` in the environment, except for this machine and what `no_grpc_proxy` or
   * `no_proxy` excludes; empty = none.
   */
  readonly proxy?: string | undefined;
}

/** Connects when the first call is made, and fails calls of which nothing else is known. */
export function openChannel(
  address: string,
  { credentials: given, proxy: wanted }: ConnectionOptions,
  options: ChannelOptions = {},
): { readonly client: Client; readonly calls: OpenCalls } {
  const proxy = proxyFor(address, wanted, process.env);
  const credential = given ?? credentials.createInsecure();
  // grpc-js would ask the proxy of the environment for this machine, too.
  const direct = { ...options, 'grpc.enable_http_proxy': 0 };
  if (proxy === undefined) {
    return { client: new Client(address, credential, direct), calls: new OpenCalls() };
  }
  const target = address.replace(/^dns:(\/\/[^/]*\/)?/, '');
  const client = new Client(`dns:${proxy.address}`, credential, {
    ...direct,
    'grpc.default_authority': target,
    'grpc.http_connect_target': `dns:${target}`,
    ...(proxy.credentials !== '' && { 'grpc.http_connect_creds': proxy.credentials }),
  });
  return { client, calls: new OpenCalls(proxy.text) };
}
