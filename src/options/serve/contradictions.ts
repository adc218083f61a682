import { addressText } from '../values.ts';
import { exposedPorts } from './exposed-ports.ts';
import type { ServeOptions } from './table.ts';

/** What is wrong with options that are each valid, taken together. */
export function contradictions(options: ServeOptions): string[] {
  const mistakes: string[] = [];
  if (!options.insecure) {
    for (const { flag, address, why } of exposedPorts(options)) {
      mistakes.push(`--${flag} ${addressText(address)}: reachable from other machines, and ${why}`);
    }
  }
  mistakes.push(...accessContradictions(options));
  mistakes.push(...tlsContradictions(options));
  if (options.batchCheckNumbersMax > options.numbersPerMessageMax) {
    mistakes.push('--batch-check-numbers-max is more than --numbers-per-message-max');
  }
  const { node } = process.versions;
  if (options.reusePort && !canReusePort(node)) {
    mistakes.push(`--reuse-port: Node ${node} cannot; run 22.12, 23.1 or later`);
  }
  if (options.reusePort && 'path' in options.listen) {
    mistakes.push('--reuse-port: --listen is a socket, which has one server');
  }
  if (options.streamResetsMax > NODE_RESETS_MAX && !isNode(node, 22, 10)) {
    mistakes.push(
      `--stream-resets-max: Node ${node} cuts at ${NODE_RESETS_MAX}; run 22.10 or later`,
    );
  }
  if (options.sync.from !== undefined && options.list.length !== 1) {
    mistakes.push('--sync-from fetches into one store, and --list names several');
  }
  if (options.listAgeWarningMs > options.listAgeCriticalMs) {
    mistakes.push('--list-age-warning is more than --list-age-critical');
  }
  return mistakes;
}

function accessContradictions({ access, openHealth, openReflection }: ServeOptions): string[] {
  const mistakes: string[] = [];
  if (access === undefined && openHealth) mistakes.push('--open-health without --access');
  if (access === undefined && openReflection) mistakes.push('--open-reflection without --access');
  return mistakes;
}

function tlsContradictions(options: ServeOptions): string[] {
  const { tlsCertFile, tlsKeyFile, tlsClientCaFile, httpTls, listen } = options;
  if (tlsCertFile === undefined && tlsKeyFile === undefined) {
    const mistakes: string[] = [];
    if (tlsClientCaFile !== undefined) mistakes.push('--tls-client-ca without --tls-cert');
    if (httpTls) mistakes.push('--http-tls without --tls-cert');
    return mistakes;
  }
  if (tlsKeyFile === undefined) return ['--tls-cert without --tls-key'];
  if (tlsCertFile === undefined) return ['--tls-key without --tls-cert'];
  // A socket of the file system is never encrypted.
  if ('path' in listen && !httpTls) return ['--tls-cert: --listen is a socket, and --http plain'];
  if ('path' in listen && tlsClientCaFile !== undefined) {
    return ['--tls-client-ca: --listen is a socket, which is not encrypted'];
  }
  return [];
}

/** How many resets of streams Node lets pass, where that is no option of it. */
const NODE_RESETS_MAX = 1000;

/** Whether `net.Server` has the option; before, it was ignored. */
function canReusePort(node: string): boolean {
  return isNode(node, 22, 12) && !node.startsWith('23.0.');
}

/** Whether a version of Node is this one, or later. */
function isNode(node: string, major: number, minor: number): boolean {
  const [itsMajor = 0, itsMinor = 0] = node.split('.').map(Number);
  return itsMajor > major || (itsMajor === major && itsMinor >= minor);
}
