import { BlockList, isIP } from 'node:net';

/** The host of `host:port` or `dns:...`, without brackets; undefined for any other address. */
export function hostOf(server: string): string | undefined {
  const target = /^dns:(?:\/\/[^/]*\/)?(.+)$/.exec(server)?.[1] ?? server;
  const [, bracketed, plain] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:/[\]]+))(?::\d+)?$/.exec(target) ?? [];
  return bracketed ?? plain;
}

const THIS_MACHINE = new BlockList();
THIS_MACHINE.addSubnet('127.0.0.0', 8);
THIS_MACHINE.addAddress('::1', 'ipv6');

/** Whether a host, by name or address, is this machine. */
export function isThisMachine(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  return isIP(host) !== 0 && THIS_MACHINE.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}
