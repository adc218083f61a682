import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readSyncOptions } from '#tacet/cli/sync.js';
import { readServeOptions } from '#tacet/options/serve/serve.js';
import { SYNC_VARIABLES } from '#tacet/options/sync.js';
import { addressText } from '#tacet/options/values.js';
import { readAccess } from '#tacet/sync/fetch/sftp/access.js';
import { parseSourceAddress } from '#tacet/sync/fetch/source-address.js';
import { checkSyncOptions } from '#tacet/sync/options.js';
import { ROOT } from './dashboards.ts';

const FOLDER = join(ROOT, 'deploy/kubernetes');

/** What is read here of any manifest; the whole of it is checked by the compiler. */
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  readonly spec?: Record<string, unknown>;
}

interface Kustomization {
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly { name: string; literals: readonly string[] }[];
}

const kustomization = parse(
  readFileSync(join(FOLDER, 'kustomization.yaml'), 'utf8'),
) as Kustomization;

const manifests = kustomization.resources.flatMap((name) =>
  parseAllDocuments(readFileSync(join(FOLDER, name), 'utf8')).map((d) => d.toJS() as Manifest),
);

/** Where `kubernetes-types` declares the kinds of an apiVersion. */
const MODULES: Readonly<Record<string, string>> = {
  v1: 'core/v1',
  'apps/v1': 'apps/v1',
  'batch/v1': 'batch/v1',
  'policy/v1': 'policy/v1',
  'autoscaling/v2': 'autoscaling/v2',
  'networking.k8s.io/v1': 'networking/v1',
};

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** What the compiler says of manifests as literals of their types; empty if they are right. */
async function complaints(checked: readonly Manifest[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tacet-kubernetes-'));
  folders.push(folder);
  const lines = checked.map((manifest, index) => {
    const type = `import('kubernetes-types/${MODULES[manifest.apiVersion]}').${manifest.kind}`;
    return `export const m${index}: ${type} = ${JSON.stringify(manifest)};`;
  });
  writeFileSync(join(folder, 'manifests.ts'), lines.join('\n'));
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'esnext',
    moduleResolution: 'bundler',
    types: [],
    paths: { 'kubernetes-types/*': [join(ROOT, 'node_modules/kubernetes-types/*')] },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  return promisify(execFile)(tsc, ['-p', folder]).then(
    ({ stdout }) => stdout,
    (failure: { stdout: string }) => failure.stdout,
  );
}

/** What is read of the nightly job. */
interface SyncJob {
  readonly jobTemplate: {
    readonly spec: {
      readonly template: {
        readonly spec: {
          readonly containers: readonly [
            {
              readonly args: readonly string[];
              readonly env: readonly {
                name: string;
                valueFrom: { secretKeyRef: { name: string; key: string } };
              }[];
              readonly envFrom: readonly { configMapRef: { name: string } }[];
            },
          ];
        };
      };
    };
  };
}

/** The literals of a config map of the kustomization. */
function literalsOf(name: string): Record<string, string> {
  const found = kustomization.configMapGenerator.find((map) => map.name === name);
  return Object.fromEntries((found?.literals ?? []).map((text) => text.split(/=(.*)/s)));
}

function manifest(kind: string, name = 'tacet'): Manifest {
  const found = manifests.filter((m) => m.kind === kind && m.metadata.name === name);
  expect([kind, found.length]).toEqual([kind, 1]);
  return found[0] as Manifest;
}

describe('the manifests', () => {
  it('are all of the folder, each as the API types it: no field unknown or missing', async () => {
    const others = ['kustomization.yaml', 'prometheus-scrape.yml'];
    expect([...kustomization.resources, ...others].sort()).toEqual(readdirSync(FOLDER).sort());
    expect(manifests.map(({ apiVersion }) => apiVersion).filter((v) => !MODULES[v])).toEqual([]);
    expect(await complaints(manifests)).toBe('');
  });

  it('would be found wrong: a misspelt field, a wrong type', async () => {
    const pdb = manifest('PodDisruptionBudget');
    const misspelt = { ...pdb, spec: { ...pdb.spec, maxUnavailabel: 1 } };
    expect(await complaints([misspelt])).toContain('maxUnavailabel');
    const hpa = manifest('HorizontalPodAutoscaler');
    const wrong = { ...hpa, spec: { ...hpa.spec, maxReplicas: 'many' } };
    expect(await complaints([wrong])).toContain("'string' is not assignable to type 'number'");
  });

  it('give the server options that it accepts', () => {
    const environment = literalsOf('tacet');
    const options = readServeOptions({ flags: {}, environment, config: undefined });
    expect(options.list).toEqual(['/lists/dncm']);
    expect(options.workers).toBe(2);
    // The grace of the pod is for both waits, and what is left to the streams.
    const text = readFileSync(join(FOLDER, 'deployment.yaml'), 'utf8');
    const graceSeconds = Number(/terminationGracePeriodSeconds: (\d+)/.exec(text)?.[1]);
    expect(options.drainDelayMs).toBeGreaterThan(0);
    expect(graceSeconds * 1000).toBeGreaterThan(options.drainDelayMs + options.drainTimeoutMs);
  });

  describe('of the job', () => {
    // Checked by the compiler above.
    const job = manifest('CronJob', 'tacet-sync').spec as unknown as SyncJob;
    const [{ args, env, envFrom }] = job.jobTemplate.spec.template.spec.containers;
    const environment = literalsOf('tacet-sync');

    it.each([
      ['key', 'TACET_SYNC_KEY', { key: 'hunter2' }],
      ['password', 'TACET_SYNC_PASSWORD', { password: 'hunter2' }],
    ])('give `tacet sync` options and a %s that it logs in with', async (key, secret, expected) => {
      expect(envFrom).toEqual([{ configMapRef: { name: 'tacet-sync' } }]);
      const names = [...Object.keys(environment), ...env.map(({ name }) => name)];
      expect(names.filter((name) => !SYNC_VARIABLES.has(name))).toEqual([]);
      // One of them is there; the other must not keep the pod from starting.
      const secretKeyRef = { name: 'tacet-sync', key, optional: true };
      expect(env).toContainEqual({ name: secret, valueFrom: { secretKeyRef } });
      const [command, ...flags] = args;
      expect(command).toBe('sync');
      const { options } = readSyncOptions(flags, { ...environment, [secret]: 'hunter2' });
      // The store that the servers serve.
      expect(options.store).toBe(literalsOf('tacet')['TACET_LIST']);
      expect(options.confirmLayout).toBe(false);
      // Nothing is fetched before somebody has put the fingerprint in place of the words.
      expect(() => checkSyncOptions(options)).toThrow(/fingerprint/);
      const pinned = { ...options, hostKeys: [`SHA256:${'A'.repeat(43)}`] };
      expect(() => checkSyncOptions(pinned)).not.toThrow();
      const address = parseSourceAddress(options.from);
      if (address.kind !== 'sftp') throw new Error('not an address of sFTP');
      const { credentials } = await readAccess(pinned, address);
      expect(credentials).toEqual(expected);
    });

    it('confirm the layout once they are patched as the kustomization says', () => {
      const said = readFileSync(join(FOLDER, 'kustomization.yaml'), 'utf8');
      const patch: unknown = JSON.parse(/-p '(.*)'/.exec(said)?.[1] ?? '');
      const path = '/spec/template/spec/containers/0/args/-';
      expect(patch).toEqual([{ op: 'add', path, value: '--confirm-layout' }]);
      const { options } = readSyncOptions([...args.slice(1), '--confirm-layout'], environment);
      expect(options.confirmLayout).toBe(true);
    });
  });

  it('are patched by the page about refused files to a pod that waits for an hour', () => {
    const page = readFileSync(join(ROOT, 'docs/REFUSED.md'), 'utf8');
    const patch: unknown = JSON.parse(/-p '(\[[^']*\])'/.exec(page)?.[1] ?? '');
    const container = '/spec/template/spec/containers/0';
    expect(patch).toEqual([
      // In place of the entry point, which is `tacet`.
      { op: 'add', path: `${container}/command`, value: ['sleep'] },
      { op: 'replace', path: `${container}/args`, value: ['3600'] },
    ]);
  });

  it('let clients find all pods, and those that are new', () => {
    const service = manifest('Service').spec ?? {};
    // Its name resolves to the pods, not to one address for all of them.
    expect(service['clusterIP']).toBe('None');
    const environment = literalsOf('tacet');
    const options = readServeOptions({ flags: {}, environment, config: undefined });
    const [port, httpPort] = [options.listen, options.http].map((address) =>
      Number(addressText(address).split(':')[1]),
    );
    expect(service['ports']).toMatchObject([
      { name: 'grpc', port, targetPort: 'grpc' },
      { name: 'http', port: httpPort, targetPort: 'http' },
    ]);
    expect(JSON.stringify(manifest('Deployment'))).toContain(
      `{"name":"grpc","containerPort":${port}}`,
    );
    // A name is looked up again when a connection ends; calls under way have longer than the drain.
    expect(options.connectionAgeMs).toBeGreaterThan(0);
    expect(options.connectionAgeGraceMs).toBeGreaterThan(options.drainTimeoutMs);
  });

  it('select the pods they are about by the labels these have', () => {
    const labels = manifest('Deployment').metadata.labels;
    const text = (kind: string) => JSON.stringify(manifest(kind).spec);
    const selected = JSON.stringify(labels).slice(1, -1);
    for (const kind of ['Service', 'PodDisruptionBudget', 'NetworkPolicy', 'Deployment']) {
      expect([kind, text(kind).includes(selected)]).toEqual([kind, true]);
    }
    const sync = JSON.stringify(manifest('CronJob', 'tacet-sync').metadata.labels).slice(1, -1);
    expect(JSON.stringify(manifest('NetworkPolicy', 'tacet-sync').spec)).toContain(sync);
    expect(text('HorizontalPodAutoscaler')).toContain('"kind":"Deployment","name":"tacet"');
  });

  it('let nothing run as root, write to its image, or gain rights', () => {
    for (const found of [manifest('Deployment'), manifest('CronJob', 'tacet-sync')]) {
      const text = JSON.stringify(found);
      for (const needed of [
        '"runAsNonRoot":true',
        '"readOnlyRootFilesystem":true',
        '"allowPrivilegeEscalation":false',
        '"drop":["ALL"]',
        '"seccompProfile":{"type":"RuntimeDefault"}',
        '"automountServiceAccountToken":false',
      ]) {
        expect([found.kind, text]).toEqual([found.kind, expect.stringContaining(needed)]);
      }
    }
    // Servers read the lists, the job alone writes them.
    expect(JSON.stringify(manifest('Deployment'))).toContain(
      '"mountPath":"/lists","readOnly":true',
    );
  });
});
